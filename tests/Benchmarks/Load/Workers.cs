using System.Runtime.ExceptionServices;

namespace Benchmarks.Load;

/// <summary>Threads that block, one for each connection.</summary>
internal static class Workers
{
    private const int StackBytes = 256 * 1024;

    /// <summary>Returns when all have ended; throws what the first of them threw.</summary>
    public static void Run(int count, Action<int> work)
    {
        Exception? failure = null;
        var threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            var number = i;
            threads[i] = new(() => Guard(number), StackBytes);
            threads[i].Start();
        }

        foreach (var thread in threads)
            thread.Join();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);

        void Guard(int number)
        {
            try
            {
                work(number);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
            }
        }
    }
}
