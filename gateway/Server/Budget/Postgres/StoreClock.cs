using System.Collections.Concurrent;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Postgres;

/// <summary>The store's clock as its answers show it: what is stamped, and what periods are computed for, is by this one.</summary>
internal sealed class StoreClock(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Period> _periods = new(StringComparer.Ordinal);
    private long _offsetTicks;

    public DateTimeOffset Now => time.GetUtcNow().AddTicks(Volatile.Read(ref _offsetTicks));

    /// <summary>Takes over what the store's clock showed between the timestamp and now.</summary>
    public void Learn(DateTimeOffset shown, long asked)
    {
        var between = time.GetUtcNow() - (time.GetElapsedTime(asked) / 2);
        Volatile.Write(ref _offsetTicks, (shown - between).Ticks);
    }

    /// <summary>The budget's period now.</summary>
    public Period PeriodOf(BudgetModel budget)
    {
        var now = Now;
        if (_periods.TryGetValue(budget.CounterDefinition, out var period) && period.Holds(now))
            return period;
        period = Periods.At(budget.Period, budget.TimeZone, now);
        _periods[budget.CounterDefinition] = period;
        return period;
    }
}
