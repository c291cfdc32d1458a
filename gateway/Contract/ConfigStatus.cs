using System.Collections.Immutable;

namespace Gateway.Contract;

/// <summary>The reply to <c>GET /config/status</c>.</summary>
public sealed record ConfigStatus
{
    /// <summary>Schemas that this gateway takes.</summary>
    public required ImmutableArray<int> SchemaVersions { get; init; }

    /// <summary>Uid of the LlmGateway; empty before the first config.</summary>
    public required string Uid { get; init; }

    /// <summary>0 before the first config.</summary>
    public required long Revision { get; init; }

    /// <summary>Hash of what is served.</summary>
    public required string Hash { get; init; }

    /// <summary>When it went live.</summary>
    public DateTimeOffset? AppliedTime { get; init; }

    /// <summary>True once there is a config and until the process is told to stop.</summary>
    public required bool Ready { get; init; }

    /// <summary>Where spend is counted; <see cref="SpendTier.Embedded"/> where an older gateway does not say.</summary>
    public SpendTier Tier { get; init; }

    /// <summary>The counters of every budget in the config.</summary>
    public ImmutableArray<BudgetCounter> Budgets { get; init; } = [];

    /// <summary>
    /// Ids of the budgets of which the process has not read from its database yet what others have spent; <see cref="Budgets"/> says
    /// nothing of them.
    /// </summary>
    public ImmutableArray<string> UnreadBudgets { get; init; } = [];

    /// <summary>The databases that the process was told of, those that it has asked once; empty without one.</summary>
    public ImmutableArray<StoreStatus> Stores { get; init; } = [];

    /// <summary>
    /// Records for the ledger that were given up since the process started: neither the database nor the volume took them. 0 where an older
    /// gateway does not say.
    /// </summary>
    public long LostRecords { get; init; }

    /// <summary>Equality by content, lists included.</summary>
    public bool SaysTheSameAs(ConfigStatus other) =>
        Lean() == other.Lean()
        && SchemaVersions.SequenceEqual(other.SchemaVersions)
        && Budgets.SequenceEqual(other.Budgets)
        && UnreadBudgets.SequenceEqual(other.UnreadBudgets)
        && Stores.SequenceEqual(other.Stores);

    private ConfigStatus Lean() => this with { SchemaVersions = [], Budgets = [], UnreadBudgets = [], Stores = [] };
}

/// <summary>Where a gateway counts what is spent.</summary>
public enum SpendTier
{
    /// <summary>In the process, with a journal on its volume: each pod tells of its own calls only.</summary>
    Embedded,

    /// <summary>In Postgres: each pod tells of the calls of all.</summary>
    Postgres,

    /// <summary>In Redis, with the ledger in Postgres: each pod tells of the calls of all.</summary>
    Redis,
}

/// <summary>Whether a database answers.</summary>
public sealed record StoreStatus
{
    /// <summary>The <see cref="Name"/> of Postgres.</summary>
    public const string Postgres = "postgres";

    /// <summary>The <see cref="Name"/> of Redis.</summary>
    public const string Redis = "redis";

    /// <summary>Which one.</summary>
    public required string Name { get; init; }

    /// <summary>What came of the last question.</summary>
    public required StoreState State { get; init; }

    /// <summary>Since when it is so.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Why it cannot be reached; empty while it answers. Holds no password.</summary>
    public string Message { get; init; } = "";
}

/// <summary>Whether a database answers.</summary>
public enum StoreState
{
    /// <summary>It has answered in time.</summary>
    Connected,

    /// <summary>It has not, refuses the login, or nobody can tell where it is.</summary>
    Unreachable,
}

/// <summary>Where a budget stands. Amounts are in the budget's currency, or tokens.</summary>
public sealed record BudgetCounter
{
    /// <summary>Id (<c>namespace/name</c>) of the Budget.</summary>
    public required string Budget { get; init; }

    /// <summary>Id of the key for a PerKey budget, else null.</summary>
    public string? Key { get; init; }

    /// <summary>Start of the period; null for Total.</summary>
    public DateTimeOffset? PeriodStart { get; init; }

    /// <summary>End of the period; null for Total.</summary>
    public DateTimeOffset? PeriodEnd { get; init; }

    /// <summary>The limit now in force.</summary>
    public required decimal Limit { get; init; }

    /// <summary>What has been settled.</summary>
    public required decimal Settled { get; init; }

    /// <summary>What live calls hold in reserve.</summary>
    public required decimal Reserved { get; init; }

    /// <summary>
    /// By how much calls of this period went above what was reserved for them, in all: <see cref="Settled"/> can exceed
    /// <see cref="Limit"/> by no more than this, unless the limit was lowered.
    /// </summary>
    public decimal Overshoot { get; init; }
}
