namespace Benchmarks.Load;

/// <summary>So many connections, each of which sends its next request when it has the whole answer.</summary>
internal static class ClosedLoop
{
    public const int Connections = 64;

    /// <summary>Returns how many answers came; requests that have begun before the time is up are brought to their end.</summary>
    public static long Run(int port, byte[] request, TimeSpan time)
    {
        var end = Clock.Now + Clock.Seconds(time.TotalSeconds);
        var answers = 0L;
        Workers.Run(Connections, _ =>
        {
            using var connection = new Connection(port);
            while (Clock.Now < end)
            {
                connection.Send(request);
                connection.ReceiveAnswer();
                Interlocked.Increment(ref answers);
            }
        });
        return answers;
    }
}
