namespace Gateway.Server.Budget.Embedded;

/// <summary>What a budget has counted in one period, for one key where it counts by key. Guarded by the store's lock.</summary>
internal sealed class Counter(DateTimeOffset periodStart)
{
    // Absurd amounts stop here: the sum of three of them is still a long.
    private const long Cap = long.MaxValue / 4;

    public DateTimeOffset PeriodStart { get; } = periodStart;

    public long Settled { get; private set; }

    /// <summary>What live calls hold in reserve.</summary>
    public long Live { get; private set; }

    /// <summary>
    /// Sum of what calls cost above what stood for them: what was reserved, or what they had been charged when they were given up.
    /// </summary>
    public long Overshoot { get; private set; }

    /// <summary>True where a call that may cost so much keeps the guarantee; one that costs nothing does, however much is spent.</summary>
    public bool Admits(long amount, long limit) => amount <= 0 || Settled + Live + Math.Min(amount, Cap) <= limit;

    /// <summary>True where it would if no other call were live.</summary>
    public bool AdmitsAlone(long amount, long limit) => amount <= 0 || Settled + Math.Min(amount, Cap) <= limit;

    /// <summary>Returns what it holds now: the amount, unless that is absurd.</summary>
    public long Hold(long amount)
    {
        var held = Math.Clamp(amount, 0, Cap - Live);
        Live += held;
        return held;
    }

    public void Release(long held) => Live -= held;

    /// <summary>Negative amounts correct earlier ones.</summary>
    public void Charge(long amount, long overshoot)
    {
        Settled += Math.Clamp(amount, -Settled, Cap - Settled);
        Overshoot += Math.Clamp(overshoot, -Overshoot, Cap - Overshoot);
    }
}
