using System.Collections.Immutable;
using System.Globalization;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Status;

/// <summary>What is worth an event in the spend of a Budget.</summary>
internal static class SpendNews
{
    public static ImmutableArray<ObjectNews> Of(Budget before, Budget after)
    {
        if (after.Status is not { } status)
            return [];
        var isNewPeriod = before.Status?.Period != status.Period;
        var (was, @is) = (Exceeded(before), Exceeded(after));
        if (@is?.Status == ConditionStatus.True)
            return was?.Status == ConditionStatus.True && !isNewPeriod ? [] : [LimitReached(after, status, @is)];
        if (was?.Status == ConditionStatus.True && @is?.Status == ConditionStatus.False && isNewPeriod)
            return [new(EventReasons.BudgetReset, false, $"a new period has begun: {Spend(after, status)}")];
        return Crossed(isNewPeriod ? 0 : before.Status?.UsedPercent ?? 0, after) is { } percent
            ? [new(EventReasons.BudgetThresholdReached, true, $"{percent} % is reached: {Spend(after, status)}; {Reset(status)}")]
            : [];
    }

    private static ObjectNews LimitReached(Budget budget, BudgetStatus status, Condition exceeded)
    {
        var blocks = budget.Spec is { Action: BudgetAction.Block, Enforcement: BudgetEnforcement.Enforce };
        var consequence = blocks ? $"calls are refused {exceeded.Message}" : $"no call is refused; {Reset(status)}";
        return new(EventReasons.BudgetExceeded, true, $"the limit is reached: {Spend(budget, status)}; {consequence}");
    }

    /// <summary>The highest percentage that spend has crossed.</summary>
    private static int? Crossed(int percent, Budget after) => after.Spec.WarnAtPercent
        .Where(threshold => percent < threshold && after.Status?.UsedPercent >= threshold)
        .Select(threshold => (int?)threshold)
        .Max();

    private static string Spend(Budget budget, BudgetStatus status)
    {
        var who = budget.Spec.Aggregation == BudgetAggregation.PerKey ? " by the key that spent most" : "";
        return $"{status.Spent ?? "0"} of {status.Limit} spent{who} ({status.UsedPercent ?? 0} %)";
    }

    private static string Reset(BudgetStatus status) => status.Period?.EndTime is { } end
        ? string.Create(CultureInfo.InvariantCulture, $"counted anew from {end.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} on")
        : "never counted anew";

    private static Condition? Exceeded(Budget budget) =>
        budget.Status?.Conditions.FirstOrDefault(c => c.Type == ConditionTypes.Exceeded);
}
