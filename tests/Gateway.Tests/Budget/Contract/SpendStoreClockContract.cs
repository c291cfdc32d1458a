using System.Collections.Immutable;
using System.Globalization;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Budget.Contract;

/// <summary>Rules about instants, for tiers whose clock tests can set. It stands at 2026-05-06T10:20:30Z.</summary>
public abstract class SpendStoreClockContract
{
    private protected abstract Task<IClockedSpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets);

    [Fact]
    public async Task A_new_period_begins_at_zero_and_a_call_is_charged_to_the_one_it_began_in()
    {
        var budget = Daily(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SetClockAsync(At(5, 7).AddSeconds(-10));
        var late = await fixture.AdmitAsync(Request(0.9m, budget));
        (await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(1.1m, budget))).ResetTime.ShouldBe(At(5, 7));
        await fixture.SetClockAsync(At(5, 7));
        await fixture.SpendAsync(0.5m, budget);
        await fixture.SettleAsync(late, Settlement(0.9m));
        await fixture.ShouldStandAtAsync(budget, settled: 0.5m);
        (await fixture.RowsAsync()).SelectMany(r => r.Charges, (_, c) => (c.PeriodStart, c.Amount))
            .ShouldBe([(At(5, 7), 500_000_000), (At(5, 6), 900_000_000)]);
        await fixture.SetClockAsync(At(5, 7).AddSeconds(-1));
        await fixture.ShouldStandAtAsync(budget, settled: 0.9m);
    }

    /// <summary>Berlin's hour that comes twice; days of 23 and 25 hours; Havana's day without a midnight; a week and a month with a change.</summary>
    [Theory]
    [InlineData(BudgetPeriod.Hourly, "Asia/Kathmandu", "2026-06-01T11:15:00Z", "2026-06-01T12:15:00Z")]
    [InlineData(BudgetPeriod.Hourly, "Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z")]
    [InlineData(BudgetPeriod.Daily, "Europe/Berlin", "2027-03-28T22:00:00Z", "2027-03-29T22:00:00Z")]
    [InlineData(BudgetPeriod.Daily, "America/New_York", "2026-11-02T05:00:00Z", "2026-11-03T05:00:00Z")]
    [InlineData(BudgetPeriod.Daily, "America/Havana", "2027-03-14T05:00:00Z", "2027-03-15T04:00:00Z")]
    [InlineData(BudgetPeriod.Weekly, "Australia/Lord_Howe", "2026-10-04T13:00:00Z", "2026-10-11T13:00:00Z")]
    [InlineData(BudgetPeriod.Monthly, "America/St_Johns", "2026-11-01T02:30:00Z", "2026-12-01T03:30:00Z")]
    public async Task Up_to_the_end_of_a_period_a_spent_budget_refuses_and_from_it_on_the_next_one_counts(
        BudgetPeriod period, string zone, string end, string nextEnd)
    {
        var budget = NewBudget(cost: 1m, period: period, zone: zone);
        var (first, second) = (Instant(end), Instant(nextEnd));
        await using var fixture = await OpenAsync(budget);
        await fixture.SetClockAsync(first.AddSeconds(-30));
        var late = await fixture.AdmitAsync(Request(0.4m, budget));
        await fixture.SpendAsync(0.6m, budget);
        (await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.5m, budget))).ResetTime.ShouldBe(first);

        await fixture.SetClockAsync(first);
        await fixture.SpendAsync(0.9m, budget);
        (await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.2m, budget))).ResetTime.ShouldBe(second);
        await fixture.SettleAsync(late, Settlement(0.3m));

        await fixture.ShouldStandAtAsync(budget, settled: 0.9m);
        (await fixture.RowsAsync()).Where(r => r.StartedAt < first).Sum(r => r.Charges.Single().Amount).ShouldBe(900_000_000);
        (await fixture.RowsAsync()).SelectMany(r => r.Charges).Where(c => c.PeriodStart == first).Sum(c => c.Amount).ShouldBe(900_000_000);
    }

    [Fact]
    public async Task Of_two_spent_budgets_the_one_that_resets_last_is_named()
    {
        var (day, month) = (Daily("day"), NewBudget("month", period: BudgetPeriod.Monthly));
        await using var fixture = await OpenAsync(day, month);
        await fixture.SpendAsync(1m, day, month);
        var refusal = await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, day, month));
        (refusal.Budget.Id, refusal.ResetTime).ShouldBe(("ns/month", At(6, 1)));
    }

    [Fact]
    public async Task A_longer_period_is_seeded_from_its_start_on()
    {
        var (day, month) = (Daily(), NewBudget(period: BudgetPeriod.Monthly));
        await using var fixture = await OpenAsync(day);
        await fixture.SetClockAsync(At(4, 30, 23));
        await fixture.SpendAsync(0.01m, day);
        foreach (var date in new[] { 1, 2, 3 })
        {
            await fixture.SetClockAsync(At(5, date, 12));
            await fixture.SpendAsync(0.1m, day);
        }

        await fixture.ApplyAsync(month);
        await fixture.ShouldStandAtAsync(month, settled: 0.3m);
        await fixture.CrashAsync(month);
        await fixture.ShouldStandAtAsync(month, settled: 0.3m);
    }

    [Fact]
    public async Task Another_zone_counts_what_is_in_its_day()
    {
        var (utc, kolkata) = (Daily(), NewBudget(period: BudgetPeriod.Daily, zone: "Asia/Kolkata"));
        await using var fixture = await OpenAsync(utc);
        await fixture.SetClockAsync(At(5, 6, 18));
        await fixture.SpendAsync(0.1m, utc);
        await fixture.SetClockAsync(At(5, 6, 19));
        await fixture.SpendAsync(0.2m, utc);
        await fixture.ApplyAsync(kolkata);
        await fixture.ShouldStandAtAsync(kolkata, settled: 0.2m);
    }

    [Fact]
    public async Task A_call_from_before_the_new_period_stays_in_its_own()
    {
        var (month, day) = (NewBudget(period: BudgetPeriod.Monthly), Daily());
        await using var fixture = await OpenAsync(month);
        var live = await fixture.AdmitAsync(Request(0.8m, month));
        await fixture.SetClockAsync(At(5, 7, 10));
        await fixture.ApplyAsync(day);
        await fixture.SettleAsync(live, Settlement(0.7m));
        await fixture.ShouldStandAtAsync(day, settled: 0);
    }

    [Fact]
    public async Task A_definition_that_changed_while_nobody_ran_is_seeded()
    {
        var (day, month) = (Daily(), NewBudget(period: BudgetPeriod.Monthly));
        await using var fixture = await OpenAsync(day);
        await fixture.SpendAsync(0.1m, day);
        await fixture.AdmitAsync(Request(0.4m, day));
        await fixture.SetClockAsync(At(5, 7, 10));
        await fixture.CrashAsync(month);
        await fixture.ShouldStandAtAsync(month, settled: 0.2m);
    }

    [Fact]
    public async Task A_new_minute_begins_at_zero()
    {
        await using var fixture = await OpenAsync();
        var request = Limited(new() { RequestsPerMinute = 1 });
        await fixture.AdmitAsync(request);
        await fixture.RefuseAsync<ReserveRefusal.RateLimited>(request);
        await fixture.SetClockAsync(At(5, 6, 10, 21));
        await fixture.AdmitAsync(request);
    }

    [Fact]
    public async Task A_call_that_ends_in_a_later_minute_leaves_that_minute_alone()
    {
        await using var fixture = await OpenAsync();
        var request = Limited(new() { TokensPerMinute = 250 });
        var call = await fixture.AdmitAsync(request);
        await fixture.SetClockAsync(At(5, 6, 10, 21));
        await fixture.AdmitAsync(request);
        await fixture.SettleAsync(call, Settlement(0m, tokens: 3000));
        (await fixture.AdmitAsync(request)).Tokens!.Value.Remaining.ShouldBe(50);
    }

    private static BudgetModel Daily(string name = "team", decimal cost = 1m) =>
        NewBudget(name, cost, period: BudgetPeriod.Daily);

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static DateTimeOffset At(int month, int day, int hour = 0, int minute = 0) =>
        new(2026, month, day, hour, minute, 0, TimeSpan.Zero);
}
