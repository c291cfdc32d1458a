using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Gateway.Server.Budget.Embedded.Journal;

/// <summary>One line of the journal: exactly one member is set. Members may be added; a meaning never changes.</summary>
/// <remarks>
/// A member that is added must be nullable, or its default must be that of its type: an older line lacks it, and the source generator
/// ignores initializers (https://github.com/dotnet/runtime/issues/58770).
/// </remarks>
/// <typeparam name="TRow"><see cref="LedgerRow"/>, or the part of it that is read.</typeparam>
internal sealed record JournalRecord<TRow>
    where TRow : RowTotals
{
    /// <summary>Everything that counts at this point. The first line of every segment.</summary>
    public Checkpoint? Checkpoint { get; init; }

    /// <summary>A budget that is counted from here on, or counted in another way.</summary>
    public Definition? Define { get; init; }

    /// <summary>A call that is about to be sent.</summary>
    public OpenCall? Open { get; init; }

    /// <summary>Number of a call that was opened and then not sent.</summary>
    public long? Cancel { get; init; }

    /// <summary>What long calls have cost so far.</summary>
    public ImmutableArray<Accrued>? Accrue { get; init; }

    /// <summary>A row of the ledger: what a call did cost.</summary>
    public TRow? Row { get; init; }
}

/// <summary>All that a start needs to know of what was before.</summary>
internal sealed record Checkpoint
{
    /// <summary>Of the journal's format. A higher one than <see cref="CurrentVersion"/> is refused.</summary>
    public required int Version { get; init; }

    public static int CurrentVersion => 1;

    public required DateTimeOffset Time { get; init; }

    public required long LastNumber { get; init; }

    public required ImmutableArray<Definition> Budgets { get; init; }

    public required ImmutableArray<KeyTotals> Keys { get; init; }

    public required ImmutableArray<OpenCall> Live { get; init; }
}

/// <summary>How a budget is counted, and its counters.</summary>
internal sealed record Definition
{
    public required string Budget { get; init; }

    /// <summary>See <c>BudgetModel.CounterDefinition</c>.</summary>
    public required string Counter { get; init; }

    public required bool PerKey { get; init; }

    public required ChargeUnit Unit { get; init; }

    /// <summary>Of the period that the definition begins in; live calls of it move over. Null in a checkpoint.</summary>
    public DateTimeOffset? PeriodStart { get; init; }

    public required ImmutableArray<CounterTotals> Counters { get; init; }
}

/// <summary>One counter. What live calls hold follows from them.</summary>
internal sealed record CounterTotals(string Key, DateTimeOffset PeriodStart, long Settled, long Overshoot);

/// <summary>One key's totals.</summary>
internal sealed record KeyTotals(string Key, long SpentNanos, long Minute, long Requests, long Tokens);

/// <summary>What a long call has cost so far, in all.</summary>
internal sealed record Accrued(long Number, long CostNanos, long Tokens);

/// <summary>A live call.</summary>
internal sealed record OpenCall
{
    public required long Number { get; init; }

    public required string CallId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required string Key { get; init; }

    public required CallFacts Facts { get; init; }

    public required long CostNanos { get; init; }

    public required long Tokens { get; init; }

    public required long PromptCostNanos { get; init; }

    public required long PromptTokens { get; init; }

    public required ImmutableArray<HeldCharge> Holds { get; init; }

    /// <summary>Set in a checkpoint, for a call that had accrued something.</summary>
    public Accrued? Accrued { get; init; }
}

/// <summary>Where a call will be charged, and what was reserved there.</summary>
internal sealed record HeldCharge(string Budget, DateTimeOffset PeriodStart, long Reserved);

/// <summary>
/// How the journal is written and read. Converters stand at the types that they are for: options that hold one switch off the generated
/// code for writing, which is twice as fast.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(JournalRecord<LedgerRow>), TypeInfoPropertyName = "Record")]
[JsonSerializable(typeof(JournalRecord<RowTotals>), TypeInfoPropertyName = "RecordTotals")]
internal sealed partial class JournalJson : JsonSerializerContext;
