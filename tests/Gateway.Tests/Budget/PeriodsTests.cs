using System.Globalization;
using Gateway.Contract;
using Gateway.Server.Budget;

namespace Gateway.Tests.Budget;

public sealed class PeriodsTests
{
    private static readonly string[] s_zones =
    [
        "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Havana", "America/Sao_Paulo", "America/Santiago",
        "America/Nuuk", "Africa/Cairo", "Asia/Beirut", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia",
        "Pacific/Chatham", "Atlantic/Azores", "Asia/Tehran",
    ];

    [Theory]
    [InlineData(BudgetPeriod.Hourly, "UTC", "2026-03-29T10:59:59.9999999Z", "2026-03-29T10:00:00Z", "2026-03-29T11:00:00Z")]
    [InlineData(BudgetPeriod.Hourly, "UTC", "2026-03-29T11:00:00Z", "2026-03-29T11:00:00Z", "2026-03-29T12:00:00Z")]
    [InlineData(BudgetPeriod.Hourly, "Asia/Kolkata", "2026-06-01T10:15:00Z", "2026-06-01T09:30:00Z", "2026-06-01T10:30:00Z")]
    [InlineData(BudgetPeriod.Hourly, "Asia/Kathmandu", "2026-06-01T10:15:00Z", "2026-06-01T10:15:00Z", "2026-06-01T11:15:00Z")]
    [InlineData(BudgetPeriod.Daily, "Asia/Kolkata", "2026-06-01T18:29:59Z", "2026-05-31T18:30:00Z", "2026-06-01T18:30:00Z")]
    [InlineData(BudgetPeriod.Daily, "Pacific/Chatham", "2026-06-01T12:00:00Z", "2026-06-01T11:15:00Z", "2026-06-02T11:15:00Z")]
    [InlineData(BudgetPeriod.Weekly, "UTC", "2026-03-01T23:59:59Z", "2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z")]
    [InlineData(BudgetPeriod.Weekly, "UTC", "2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z")]
    [InlineData(BudgetPeriod.Weekly, "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z")]
    [InlineData(BudgetPeriod.Monthly, "America/New_York", "2026-03-01T04:59:59Z", "2026-02-01T05:00:00Z", "2026-03-01T05:00:00Z")]
    [InlineData(BudgetPeriod.Monthly, "America/New_York", "2026-03-31T12:00:00Z", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z")]
    [InlineData(BudgetPeriod.Monthly, "UTC", "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z")]
    [InlineData(BudgetPeriod.Monthly, "Pacific/Auckland", "2026-12-31T11:00:00Z", "2026-12-31T11:00:00Z", "2027-01-31T11:00:00Z")]
    public void At_OrdinaryCalendar_IsLocalMidnightOrFullHour(BudgetPeriod kind, string zone, string now, string start, string end) =>
        Check(kind, zone, now, start, end);

    [Theory]
    // Berlin: an hour is missing, or comes twice, in the night.
    [InlineData(BudgetPeriod.Daily, "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")]
    [InlineData(BudgetPeriod.Daily, "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")]
    [InlineData(BudgetPeriod.Hourly, "Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData(BudgetPeriod.Hourly, "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z")]
    [InlineData(BudgetPeriod.Hourly, "Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z")]
    // Cairo, Havana and Santiago: midnight itself is skipped.
    [InlineData(BudgetPeriod.Daily, "Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z")]
    [InlineData(BudgetPeriod.Daily, "America/Havana", "2026-03-08T12:00:00Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z")]
    [InlineData(BudgetPeriod.Daily, "America/Santiago", "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z")]
    // Havana: midnight comes twice, the day begins at the first.
    [InlineData(BudgetPeriod.Daily, "America/Havana", "2026-11-01T04:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z")]
    [InlineData(BudgetPeriod.Daily, "America/Havana", "2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z")]
    // Cairo and Santiago: clocks go back at midnight, the last hour of the day comes twice.
    [InlineData(BudgetPeriod.Daily, "Africa/Cairo", "2026-10-29T21:30:00Z", "2026-10-28T21:00:00Z", "2026-10-29T22:00:00Z")]
    // St. John's until 2011: clocks went back at 00:01, over midnight.
    [InlineData(BudgetPeriod.Daily, "America/St_Johns", "2010-11-07T02:30:30Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z")]
    [InlineData(BudgetPeriod.Daily, "America/St_Johns", "2010-11-07T03:00:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z")]
    // Lord Howe changes by half an hour.
    [InlineData(BudgetPeriod.Hourly, "Australia/Lord_Howe", "2026-10-03T15:45:00Z", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z")]
    [InlineData(BudgetPeriod.Hourly, "Australia/Lord_Howe", "2026-04-04T15:10:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z")]
    // Apia had no 30 December 2011.
    [InlineData(BudgetPeriod.Daily, "Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z")]
    [InlineData(BudgetPeriod.Daily, "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z")]
    public void At_ClocksChange_FollowsTheZone(BudgetPeriod kind, string zone, string now, string start, string end) =>
        Check(kind, zone, now, start, end);

    [Fact]
    public void At_Total_NeverEnds() =>
        Periods.At(BudgetPeriod.Total, TimeZoneInfo.Utc, DateTimeOffset.UnixEpoch.AddYears(60)).ShouldBe(Period.Total);

    [Theory]
    [InlineData(BudgetPeriod.Hourly)]
    [InlineData(BudgetPeriod.Daily)]
    [InlineData(BudgetPeriod.Weekly)]
    [InlineData(BudgetPeriod.Monthly)]
    public void At_ThroughTheYears_PeriodsFollowWithoutGapOrOverlap(BudgetPeriod kind)
    {
        var years = kind == BudgetPeriod.Hourly ? 1 : 20;
        foreach (var zone in s_zones.Select(TimeZoneInfo.FindSystemTimeZoneById))
        {
            var now = new DateTimeOffset(2027 - years, 1, 1, 0, 0, 0, TimeSpan.Zero);
            while (now.Year < 2027)
            {
                var period = Periods.At(kind, zone, now);
                var end = period.End.ShouldNotBeNull();
                period.Holds(now).ShouldBeTrue($"{zone.Id} {now:O} {period}");
                Periods.At(kind, zone, period.Start).ShouldBe(period, zone.Id);
                Periods.At(kind, zone, end.AddTicks(-1)).ShouldBe(period, zone.Id);
                Periods.At(kind, zone, end).Start.ShouldBe(end, zone.Id);
                now = end;
            }
        }
    }

    private static void Check(BudgetPeriod kind, string zone, string now, string start, string end) =>
        Periods.At(kind, TimeZoneInfo.FindSystemTimeZoneById(zone), Instant(now)).ShouldBe(new Period(Instant(start), Instant(end)));

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
