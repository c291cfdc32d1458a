namespace Gateway.Tests.Streaming;

/// <summary>Time passes and timers fire when the test says so.</summary>
internal sealed class TimersOnDemand : TimeProvider
{
    private readonly List<Timer> _timers = [];

    /// <summary>Since the start, for whoever measures spans.</summary>
    public TimeSpan Elapsed { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Fires the one timer that was last set to that time.</summary>
    public void Fire(TimeSpan dueTime) => _timers.Single(t => t.DueTime == dueTime).Fire();

    public override long GetTimestamp() => Elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(callback, state) { DueTime = dueTime };
        _timers.Add(timer);
        return timer;
    }

    private sealed class Timer(TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan DueTime { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            DueTime = dueTime;
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
