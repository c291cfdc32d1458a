namespace Gateway.Server.Budget.Redis;

/// <summary>
/// Runs a round for who asks, on their own thread as far as it waits for nothing; who asks while one is under way shares the next.
/// </summary>
/// <param name="round">A failure is its own matter.</param>
internal sealed class Pump(Func<Task> round)
{
    private int _asked;

    public void Ask()
    {
        if (Interlocked.Increment(ref _asked) == 1)
            _ = RunAsync();
    }

    private async Task RunAsync()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _asked);
            await round();
        }
        while (Interlocked.Add(ref _asked, -seen) > 0);
    }
}
