using System.Collections.Immutable;

namespace Gateway.Contract;

/// <summary>A limit on what keys may spend in a period.</summary>
public sealed record BudgetConfig
{
    /// <summary>The Budget. Counters know it by <see cref="ObjectReference.Id"/>, so deleting and re-applying resets nothing.</summary>
    public required ObjectReference Object { get; init; }

    /// <summary>Ids (<c>namespace/name</c>) of the selected keys; null: every key of the gateway.</summary>
    public ImmutableArray<string>? Keys { get; init; }

    /// <summary>Model names (patterns) that count; empty: all.</summary>
    public ImmutableArray<string> Models { get; init; } = [];

    /// <summary>One counter for all keys, or one for each.</summary>
    public BudgetAggregation Aggregation { get; init; }

    /// <summary>
    /// Limit in <see cref="Currency"/>; exactly one of this and <see cref="Tokens"/>. 0 to 9,000,000, at most nine decimals.
    /// </summary>
    public decimal? Cost { get; init; }

    /// <summary>ISO 4217; default USD.</summary>
    public string Currency { get; init; } = "USD";

    /// <summary>Limit in input and output tokens.</summary>
    public long? Tokens { get; init; }

    /// <summary>When the counter starts anew.</summary>
    public required BudgetPeriod Period { get; init; }

    /// <summary>IANA name of the zone in which periods begin; default UTC.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>What happens at the limit.</summary>
    public BudgetAction Action { get; init; }

    /// <summary>Whether it happens.</summary>
    public BudgetEnforcement Enforcement { get; init; }

    /// <summary>Percentages at whose crossing a warning is raised.</summary>
    public ImmutableArray<int> WarnAtPercent { get; init; } = [];

    /// <summary>True where reaching the limit refuses calls.</summary>
    public bool Blocks() => Action == BudgetAction.Block && Enforcement == BudgetEnforcement.Enforce;
}

/// <summary>Whose spend counts together.</summary>
public enum BudgetAggregation
{
    /// <summary>All selected keys share one counter.</summary>
    Shared,

    /// <summary>Each selected key has its own.</summary>
    PerKey,
}

/// <summary>Calendar periods, in the budget's time zone. Weeks begin on Monday.</summary>
public enum BudgetPeriod
{
    /// <summary>From full hour to full hour.</summary>
    Hourly,

    /// <summary>From midnight to midnight.</summary>
    Daily,

    /// <summary>From Monday to Monday.</summary>
    Weekly,

    /// <summary>From the first to the first.</summary>
    Monthly,

    /// <summary>Never anew.</summary>
    Total,
}

/// <summary>What happens at the limit.</summary>
public enum BudgetAction
{
    /// <summary>Calls are refused with 429.</summary>
    Block,

    /// <summary>Only warnings.</summary>
    Warn,
}

/// <summary>Whether the action is carried out.</summary>
public enum BudgetEnforcement
{
    /// <summary>It is.</summary>
    Enforce,

    /// <summary>It is only counted.</summary>
    DryRun,
}
