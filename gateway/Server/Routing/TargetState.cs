namespace Gateway.Server.Routing;

/// <summary>How one target has been doing lately. Live and thread-safe; it outlasts a change of config.</summary>
internal sealed class TargetState
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);
    private const int FailuresToCoolDown = 3;

    private readonly Lock _lock = new();
    private int _inFlight;
    private int _failures;
    private DateTimeOffset _coolingUntil;
    private TimeSpan? _firstByte;

    public TargetFacts Read()
    {
        lock (_lock)
            return new(_inFlight, _coolingUntil, _firstByte);
    }

    public void Started() => Interlocked.Increment(ref _inFlight);

    public void Ended() => Interlocked.Decrement(ref _inFlight);

    /// <summary>An answer came. The time to its first byte enters an average that halves the past with each call.</summary>
    public void Succeeded(TimeSpan firstByte)
    {
        lock (_lock)
        {
            _failures = 0;
            _coolingUntil = default;
            _firstByte = _firstByte is { } average ? (average + firstByte) / 2 : firstByte;
        }
    }

    /// <summary>
    /// A failure of the target's own. Three in a row, or one that time alone can mend (<paramref name="atOnce"/>: rate limited, refused
    /// credentials), let it cool down: for <paramref name="retryAfter"/> when the upstream names a time, else 5 s and twice as long with
    /// each further failure, 60 s at most.
    /// </summary>
    /// <returns>True when the target begins to cool down with this.</returns>
    public bool Failed(DateTimeOffset now, bool atOnce, TimeSpan? retryAfter)
    {
        lock (_lock)
        {
            _failures++;
            var excess = _failures - (atOnce ? 1 : FailuresToCoolDown);
            if (excess < 0)
                return false;
            var pause = retryAfter ?? s_shortest * Math.Pow(2, Math.Min(excess, 4));
            var wasCooling = _coolingUntil > now;
            _coolingUntil = now + (pause > s_longest ? s_longest : pause);
            return !wasCooling;
        }
    }
}

/// <summary>What the planner knows of a target.</summary>
internal readonly record struct TargetFacts(int InFlight, DateTimeOffset CoolingUntil, TimeSpan? FirstByte);
