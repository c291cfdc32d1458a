using Gateway.Contract;

namespace Gateway.Server.Budget;

/// <summary>One period of a budget: from its start, without its end. No end: it never starts anew.</summary>
internal readonly record struct Period(DateTimeOffset Start, DateTimeOffset? End)
{
    /// <summary>The one period of a budget without reset.</summary>
    public static readonly Period Total = new(DateTimeOffset.UnixEpoch, null);

    public bool Holds(DateTimeOffset instant) => instant >= Start && (End is not { } end || instant < end);
}

/// <summary>
/// The calendar that budgets reset by. Pure. Periods of one kind in one zone follow each other without gap or overlap, whatever the
/// clocks there do.
/// </summary>
/// <remarks>
/// A day begins at the first instant at which the zone's clocks show midnight or later: after the jump where midnight is skipped, at its
/// first occurrence where it comes twice. An hour begins at the full hour on the zone's clocks, and also when they are changed: an hour
/// that comes twice is two periods, and none is longer than an hour.
/// </remarks>
internal static class Periods
{
    private static readonly TimeSpan s_oneDay = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_oneHour = TimeSpan.FromHours(1);

    /// <summary>The period of this kind that holds the instant. Both ends are in UTC.</summary>
    public static Period At(BudgetPeriod kind, TimeZoneInfo zone, DateTimeOffset instant)
    {
        var utc = instant.UtcDateTime;
        return kind switch
        {
            BudgetPeriod.Hourly => Hour(zone, utc),
            BudgetPeriod.Total => Period.Total,
            _ => Days(kind, zone, utc),
        };
    }

    private static Period Days(BudgetPeriod kind, TimeZoneInfo zone, DateTime utc)
    {
        var first = FirstDay(kind, (utc + zone.GetUtcOffset(utc)).Date);
        var next = Next(kind, first);

        // Clocks that are set back over midnight show the day before once more, after its period has ended.
        while (Midnight(zone, next) <= utc)
            (first, next) = (next, Next(kind, next));
        return new(new(Midnight(zone, first)), new(Midnight(zone, next)));
    }

    private static DateTime FirstDay(BudgetPeriod kind, DateTime day) => kind switch
    {
        BudgetPeriod.Weekly => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
        BudgetPeriod.Monthly => day.AddDays(1 - day.Day),
        _ => day,
    };

    private static DateTime Next(BudgetPeriod kind, DateTime first) => kind switch
    {
        BudgetPeriod.Weekly => first.AddDays(7),
        BudgetPeriod.Monthly => first.AddMonths(1),
        _ => first.AddDays(1),
    };

    /// <summary>The first instant at which clocks in the zone show the day's midnight or later.</summary>
    private static DateTime Midnight(TimeZoneInfo zone, DateTime day)
    {
        var local = DateTime.SpecifyKind(day, DateTimeKind.Utc);
        var before = zone.GetUtcOffset(local - s_oneDay);
        var after = zone.GetUtcOffset(local + s_oneDay);
        if (zone.GetUtcOffset(local - before) == before)
            return local - before;
        if (zone.GetUtcOffset(local - after) == after)
            return local - after;
        return Change(zone, local - s_oneDay, local + s_oneDay);
    }

    private static Period Hour(TimeZoneInfo zone, DateTime utc)
    {
        var offset = zone.GetUtcOffset(utc);
        var start = utc - TimeSpan.FromTicks((utc + offset).Ticks % s_oneHour.Ticks);
        var end = start + s_oneHour;
        if (zone.GetUtcOffset(start) != offset)
            start = Change(zone, start, utc);
        if (zone.GetUtcOffset(end.AddTicks(-1)) != offset)
            end = Change(zone, utc, end);
        return new(new(start), new(end));
    }

    /// <summary>When the offset that holds at <paramref name="before"/> ends; at <paramref name="after"/> another one holds.</summary>
    private static DateTime Change(TimeZoneInfo zone, DateTime before, DateTime after)
    {
        var offset = zone.GetUtcOffset(before);
        while (after.Ticks - before.Ticks > 1)
        {
            var middle = before.AddTicks((after.Ticks - before.Ticks) / 2);
            if (zone.GetUtcOffset(middle) == offset)
                before = middle;
            else
                after = middle;
        }

        return after;
    }
}
