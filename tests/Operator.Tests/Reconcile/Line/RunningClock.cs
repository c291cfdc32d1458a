using Support;

namespace Operator.Tests.Reconcile.Line;

/// <summary>A clock that goes at the pace of the world, or slower, and jumps when it is told: hours pass at once, and every timer knows.</summary>
internal sealed class RunningClock : IAsyncDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(5);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public RunningClock() => _running = RunAsync();

    public FakeClock Time { get; } = new();

    /// <summary>Whether it stands still, as that of a machine that is asleep.</summary>
    public bool IsAsleep { get; set; }

    /// <summary>Awake or not.</summary>
    public void Jump(TimeSpan by)
    {
        lock (_lock)
            Time.Advance(by);
    }

    /// <summary>Throws what a timer has thrown: since then time has stood still.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // As it was told.
        }

        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_tick);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            if (!IsAsleep)
                Jump(s_tick);
        }
    }
}
