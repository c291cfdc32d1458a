using System.Collections.Immutable;
using System.Globalization;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate;

namespace Operator.Status;

/// <summary>The status of a Budget: what has been spent of it.</summary>
internal static class SpendStatus
{
    private const int MaxPercent = 1_000_000;

    public static BudgetStatus Of(Budget budget, Verdict verdict, SpendIndex spend, StatusInputs inputs)
    {
        var status = Spent(budget, verdict, spend, inputs);
        return status with { PendingAlerts = PendingAlerts.Of(budget, budget with { Status = status }, inputs) };
    }

    /// <summary>As long as no pod tells its counters, what was known of the spend last stays.</summary>
    private static BudgetStatus Spent(Budget budget, Verdict verdict, SpendIndex spend, StatusInputs inputs)
    {
        var counters = spend.CountersOf(budget);
        var exceeded = counters.Where(c => c.Settled >= c.Limit).ToImmutableArray();
        var selected = Selected(spend.Find(budget), inputs);
        var status = (budget.Status ?? new()) with
        {
            ObservedGeneration = budget.Metadata.Generation,
            Limit = Limit(budget.Spec.Limit),
            SelectedKeys = selected,
            Conditions = Conditions(budget, verdict, exceeded, inputs),
        };
        if (!inputs.IsCounted(budget.Id()))
            return status;
        var most = counters.MaxBy(c => c.Settled);
        var refused = spend.Find(budget)?.Blocks() != true ? 0 : exceeded.Any(c => c.Key is null) ? selected : exceeded.Length;
        return status with
        {
            Period = most?.PeriodStart is null ? null : new() { StartTime = most.PeriodStart, EndTime = most.PeriodEnd },
            Spent = most is null ? null : Amount(most.Settled, budget),
            Remaining = most is null ? null : Amount(Math.Max(0, most.Limit - most.Settled), budget),
            UsedPercent = most is null ? null : Percent(most),
            ExceededKeys = refused,
            UsageObservedTime = inputs.CountersTime,
        };
    }

    private static ImmutableArray<Condition> Conditions(
        Budget budget, Verdict verdict, ImmutableArray<BudgetCounter> exceeded, StatusInputs inputs)
    {
        var conditions = new ConditionList(budget.Status?.Conditions ?? [], budget.Metadata.Generation, inputs.Now);
        var programmed = Programmed.Judge(verdict, conditions.Previous(ConditionTypes.Programmed), inputs);
        conditions.AddWhile(verdict.IsPaused, ConditionTypes.Paused, ConditionReasons.Paused, "changes wait until the annotation is gone");
        conditions.Add(ConditionTypes.Accepted, verdict.Accepted);
        conditions.Add(ConditionTypes.ResolvedRefs, verdict.ResolvedRefs);
        conditions.Add(ConditionTypes.Programmed, programmed);
        conditions.Add(ConditionTypes.Exceeded, Uncounted(budget, verdict, inputs, conditions) ?? Exceeded(exceeded));
        conditions.Add(ConditionTypes.Durable, inputs.Durable);
        return conditions.WithSummary(ConditionTypes.Accepted, ConditionTypes.ResolvedRefs, ConditionTypes.Programmed);
    }

    /// <summary>Null: it is counted. What was known before stays while the gateway that counts does not answer.</summary>
    private static Judgement? Uncounted(Budget budget, Verdict verdict, StatusInputs inputs, ConditionList conditions)
    {
        if (Programmed.NotInConfig(verdict, inputs) is { } absent)
            return absent with { Status = ConditionStatus.Unknown };
        if (inputs.IsCounted(budget.Id()))
            return null;
        return conditions.Previous(ConditionTypes.Exceeded) is { } before
            ? new(before.Status, before.Reason, before.Message)
            : new(ConditionStatus.Unknown, ConditionReasons.Pending, "no gateway has told its counters yet");
    }

    private static Judgement Exceeded(ImmutableArray<BudgetCounter> exceeded)
    {
        if (exceeded.IsEmpty)
            return new(ConditionStatus.False, ConditionReasons.WithinLimit, "");
        var keys = exceeded.Select(c => c.Key).OfType<string>().Order(StringComparer.Ordinal).ToList();
        var until = exceeded[0].PeriodEnd is { } end ? $"until {end.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}" : "for good";
        return new(ConditionStatus.True, ConditionReasons.LimitReached, keys.Count == 0 ? until : $"{until}: {string.Join(", ", keys)}");
    }

    private static int Selected(BudgetConfig? config, StatusInputs inputs) =>
        config is null ? 0 : config.Keys is { } keys ? keys.Length : inputs.Config!.Keys.Length;

    private static string Limit(BudgetLimit limit) => limit.Cost is { } cost
        ? $"{cost.Amount} {cost.Currency}"
        : string.Create(CultureInfo.InvariantCulture, $"{limit.Tokens} tokens");

    private static string Amount(decimal amount, Budget budget) =>
        amount.ToString(budget.Spec.Limit.Cost is null ? "0" : "0.00#######", CultureInfo.InvariantCulture);

    private static int Percent(BudgetCounter counter) => counter switch
    {
        { Limit: 0 } => 100,
        { Settled: <= 0 } => 0,
        _ when counter.Settled >= counter.Limit * (MaxPercent / 100) => MaxPercent,
        _ => (int)decimal.Floor(counter.Settled * 100 / counter.Limit),
    };
}
