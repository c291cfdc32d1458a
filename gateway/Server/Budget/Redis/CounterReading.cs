using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using Gateway.Server.Stores;

namespace Gateway.Server.Budget.Redis;

/// <summary>A budget's counters in its current period, as others see them. Pure.</summary>
internal static class CounterReading
{
    /// <summary>One for the budget, or one for each key that has spent something; from fields and values as <c>common.lua</c> says.</summary>
    public static ImmutableArray<BudgetCounter> Of(BudgetModel budget, Period period, RespValue[] flat)
    {
        var fields = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < flat.Length; i += 2)
            fields[flat[i].Text!] = flat[i + 1].Number;
        if (!budget.PerKey)
            return [Of(budget, "", period, fields)];
        return [.. fields.Keys.Where(f => f.Length > 2).Select(f => f[..^2]).Distinct().Select(key => Of(budget, key, period, fields))];
    }

    private static BudgetCounter Of(BudgetModel budget, string key, Period period, Dictionary<string, long> fields) => new()
    {
        Budget = budget.Id,
        Key = budget.PerKey ? key : null,
        PeriodStart = period.End is null ? null : period.Start,
        PeriodEnd = period.End,
        Limit = Amount(budget, budget.Limit),
        Settled = Amount(budget, fields.GetValueOrDefault(key + "#s")),
        Reserved = Amount(budget, fields.GetValueOrDefault(key + "#l")),
        Overshoot = Amount(budget, fields.GetValueOrDefault(key + "#o")),
    };

    private static decimal Amount(BudgetModel budget, long amount) => budget.CountsTokens ? amount : new Money(amount).ToDecimal();
}
