namespace Gateway.Server.Budget.Postgres;

/// <summary>Settings of the Postgres tier and of the ledger in Postgres.</summary>
internal sealed record PostgresSpendOptions
{
    /// <summary><c>namespace/name</c> of the LlmGateway: whose counters and rows these are. Survives its re-creation.</summary>
    public required string Gateway { get; init; }

    /// <summary>How long a connection or an answer may take before the database counts as lost; default 2 s, whole seconds.</summary>
    public TimeSpan Bound { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// What it may take to make counters from what was spent in their period; default 25 s, whole seconds. A call waits for it no longer
    /// than <see cref="Bound"/>.
    /// </summary>
    public TimeSpan SeedBound { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>A call whose lease was not renewed for so long is given up; default 60 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two renewals of all leases; default 20 s.</summary>
    public TimeSpan RenewInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Between two searches for leases that are over; default 10 s.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two rounds of upkeep: how soon a database that is back is used again; default 1 s.</summary>
    public TimeSpan UpkeepInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two looks at where the counters stand, for those who only read them; default 5 s.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The lease of a call that shows no sign of life for so long is not renewed; default 2 h, above any total time-out.</summary>
    public TimeSpan AbandonAfter { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Older rows are deleted; default 90 days. What rollups and counters are made from stays.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Between two searches for rows that are past it; default 1 min.</summary>
    public TimeSpan CleanInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Calls in one statement at most; default 256.</summary>
    public int MaxBatch { get; init; } = 256;

    /// <summary>What a report may take; default 20 s, above zero. A longer one is refused.</summary>
    public TimeSpan ReportTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a report waits for those before it; default 2 s.</summary>
    public TimeSpan ReportWait { get; init; } = TimeSpan.FromSeconds(2);
}
