namespace Gateway.Server.Budget.Redis;

/// <summary>Settings of the Redis tier.</summary>
internal sealed record RedisSpendOptions
{
    /// <summary><c>namespace/name</c> of the LlmGateway: all its replicas count together, and nobody else with them.</summary>
    public required string Gateway { get; init; }

    /// <summary>
    /// What a reserve may take of a call's time, retries included; default 100 ms. Under a budget that was never counted it may take
    /// <see cref="UpkeepBound"/>.
    /// </summary>
    public TimeSpan Bound { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>What is waited for an answer that no call waits for; default 2 s.</summary>
    public TimeSpan UpkeepBound { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A call that is not renewed for so long is given up; default 60 s. It is renewed three times as often.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two looks for calls to give up and for rows that nobody brings to the ledger; default 10 s.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A row that its replica has not brought to the ledger for so long is brought there by another one; default 30 s.</summary>
    public TimeSpan RowPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Between two looks at the store's state while all is well; default 1 s. For twice as long after a loss no call is admitted: until then
    /// all replicas have said what their live calls hold.
    /// </summary>
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a row waits for others that the ledger takes together with it; default 50 ms. It is in the store meanwhile.
    /// </summary>
    public TimeSpan RowGather { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Rows that are kept in Redis until the ledger has them; default 100,000. Those beyond it are with their replica alone.
    /// </summary>
    public int MaxWaiting { get; init; } = 100_000;

    /// <summary>
    /// What another tier of this gateway has counted is taken over once it has counted nothing for so long, or ten times that after the
    /// last time; default 30 s. Above what a statement for Postgres may take and the second by which it is told.
    /// </summary>
    public TimeSpan OtherTierRest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What one seed may take; default 25 s. Nobody else seeds for a little longer.</summary>
    public TimeSpan SeedBound { get; init; } = TimeSpan.FromSeconds(25);
}
