using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Gateway.Server.Metering;

namespace Gateway.Server.Budget;

/// <summary>What counters need to know of a row: they are rebuilt from this alone.</summary>
internal record RowTotals
{
    /// <summary>The store's own number of the call.</summary>
    public required long Number { get; init; }

    /// <summary>When the call was reserved, by the store's clock.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary><c>namespace/name</c> of the key.</summary>
    public required string Key { get; init; }

    /// <summary>What this row adds. Negative only in a correction.</summary>
    public required long CostNanos { get; init; }

    /// <summary>As <see cref="CostNanos"/>, in tokens.</summary>
    public required long Tokens { get; init; }

    /// <summary>What this row adds to each counter.</summary>
    public required ImmutableArray<Charge> Charges { get; init; }
}

/// <summary>One row of the ledger. Written once, never changed; the rows of a call add up to what it cost.</summary>
internal sealed record LedgerRow : RowTotals
{
    public required RowKind Kind { get; init; }

    public required string CallId { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public required CallFacts Facts { get; init; }

    /// <summary>Calls that the row stands for; null: one. More only where <see cref="Kind"/> is <see cref="RowKind.Refused"/>.</summary>
    public long? Calls { get; init; }

    /// <summary>How the call ended; null where nobody saw it: the amounts are then what it had accrued by our own estimate.</summary>
    public Settlement? Settlement { get; init; }

    /// <summary>None in a correction: its call has a row already.</summary>
    [JsonIgnore]
    public long CallCount => Kind == RowKind.Correction ? 0 : Calls ?? 1;

    [JsonIgnore]
    public CallStatus Status => Settlement?.Status ?? CallStatus.Abandoned;

    /// <summary>As the caller named it; null where that leads to no route: it is then any text that a caller has thought of.</summary>
    [JsonIgnore]
    public string? Model => Facts.Route.Length == 0 ? null : Facts.Model;

    /// <summary>Of the route that answered, else of the one that was asked for; null where there is none.</summary>
    [JsonIgnore]
    public string? Route => Settlement?.ServedRoute ?? (Facts.Route.Length == 0 ? null : Facts.Route);
}

/// <summary>Why a row was written.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RowKind>))]
internal enum RowKind
{
    /// <summary>The call was settled.</summary>
    Settled,

    /// <summary>The call was lost sight of.</summary>
    Abandoned,

    /// <summary>The call was settled after it had been given up: the difference.</summary>
    Correction,

    /// <summary>The call was not admitted, and adds nothing.</summary>
    Refused,
}

/// <summary>What a row adds to one budget.</summary>
internal sealed record Charge
{
    /// <summary><c>namespace/name</c> of the Budget. A PerKey budget counts it for the row's key.</summary>
    public required string Budget { get; init; }

    /// <summary>Of the period in which the call was reserved.</summary>
    public required DateTimeOffset PeriodStart { get; init; }

    public required long Amount { get; init; }

    public required ChargeUnit Unit { get; init; }

    /// <summary>The part above what was reserved.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Overshoot { get; init; }
}

/// <summary>What a budget counts.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChargeUnit>))]
internal enum ChargeUnit
{
    /// <summary><see cref="Money.Nanos"/>.</summary>
    Nanos,

    /// <summary>Tokens.</summary>
    Tokens,
}
