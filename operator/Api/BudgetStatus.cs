using System.Collections.Immutable;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>What has been spent. Written on a crossing of a threshold, else at most once a minute; metrics have the live figure.</summary>
internal sealed record BudgetStatus : ResourceStatus
{
    /// <summary>The limit in one word, as `250.00 USD`.</summary>
    [Text(64)]
    public string? Limit { get; init; }

    /// <summary>The period that is counted now.</summary>
    public PeriodStatus? Period { get; init; }

    /// <summary>Settled in this period, in the unit of the limit. With `PerKey`: by the key that has spent most.</summary>
    [Text(32)]
    public string? Spent { get; init; }

    /// <summary>What is left of the limit.</summary>
    [Text(32)]
    public string? Remaining { get; init; }

    /// <summary>Spent in hundredths of the limit, rounded down.</summary>
    [Bounds(0, 1_000_000)]
    public int? UsedPercent { get; init; }

    /// <summary>Keys that it selects now.</summary>
    [Bounds(0, 1_000_000)]
    public int SelectedKeys { get; init; }

    /// <summary>Keys whose calls it refuses now.</summary>
    [Bounds(0, 1_000_000)]
    public int ExceededKeys { get; init; }

    /// <summary>When the gateway was asked.</summary>
    public DateTimeOffset? UsageObservedTime { get; init; }

    /// <summary>What the gateway's webhook has not taken yet.</summary>
    [Items(8)]
    public ImmutableArray<PendingAlert>? PendingAlerts { get; init; }
}

/// <summary>A message of which nobody knows that the webhook has taken it.</summary>
internal sealed record PendingAlert
{
    /// <summary>Its `webhook-id`.</summary>
    [Text(64)]
    public required string Id { get; init; }

    /// <summary>When the crossing was seen.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The JSON that is sent.</summary>
    [Text(8192)]
    public required string Body { get; init; }
}

/// <summary>A period.</summary>
internal sealed record PeriodStatus
{
    /// <summary>Its start; not set with `Total`.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>Its end; not set with `Total`.</summary>
    public DateTimeOffset? EndTime { get; init; }
}
