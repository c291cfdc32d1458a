using Gateway.Server.Budget.Files;

namespace Gateway.Server.Budget.Embedded;

/// <summary>Settings of the embedded tier.</summary>
internal sealed record EmbeddedSpendOptions
{
    /// <summary>A journal segment is closed at this size; default 16 MiB. What a start has to read is about this much.</summary>
    public long SegmentBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Older segments are deleted, except the newest; default 90 days.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Between two syncs to the disk: what a power failure may cost; default 100 ms.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Between two records of what long calls have accrued: what a crash may cost of them; default 1 s.</summary>
    public TimeSpan AccrueInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A call that shows no sign of life for so long is abandoned; default 2 h, above any total time-out in use. A later settle corrects
    /// it.
    /// </summary>
    public TimeSpan AbandonAfter { get; init; } = TimeSpan.FromHours(2);

    /// <summary>
    /// Records kept in memory while the disk takes none; default 64 MiB. Beyond it ledger rows are lost, counters are not.
    /// </summary>
    public int MaxPendingBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>What a report may take; default 20 s. A longer one is refused, or ends early where it can go on.</summary>
    public TimeSpan ReportTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a report waits for those before it; default 2 s.</summary>
    public TimeSpan ReportWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How bytes reach a segment.</summary>
    public SegmentWrite Write { get; init; } = RandomAccess.Write;
}
