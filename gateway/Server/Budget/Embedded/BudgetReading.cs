using Gateway.Contract;
using Gateway.Server.Config;
using Gateway.Server.Metering;

namespace Gateway.Server.Budget.Embedded;

/// <summary>A budget's counters in the current period, as others see them. Pure.</summary>
internal static class BudgetReading
{
    /// <summary>One for the budget, or one for each key that has spent something.</summary>
    public static IEnumerable<BudgetCounter> Of(BudgetModel budget, BudgetAccount? account, DateTimeOffset now)
    {
        var period = Periods.At(budget.Period, budget.TimeZone, now);
        if (!budget.PerKey)
            return [Of(budget, "", period, account?.Find("", period.Start))];
        return account is null
            ? []
            : account.Counters.Where(c => c.Counter.PeriodStart == period.Start).Select(c => Of(budget, c.Key, period, c.Counter));
    }

    private static BudgetCounter Of(BudgetModel budget, string key, Period period, Counter? counter) => new()
    {
        Budget = budget.Id,
        Key = budget.PerKey ? key : null,
        PeriodStart = period.End is null ? null : period.Start,
        PeriodEnd = period.End,
        Limit = Amount(budget, budget.Limit),
        Settled = Amount(budget, counter?.Settled ?? 0),
        Reserved = Amount(budget, counter?.Live ?? 0),
        Overshoot = Amount(budget, counter?.Overshoot ?? 0),
    };

    private static decimal Amount(BudgetModel budget, long amount) => budget.CountsTokens ? amount : new Money(amount).ToDecimal();
}
