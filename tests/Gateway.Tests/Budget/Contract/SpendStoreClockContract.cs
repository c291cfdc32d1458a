using System.Collections.Immutable;
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

    private static DateTimeOffset At(int month, int day, int hour = 0, int minute = 0) =>
        new(2026, month, day, hour, minute, 0, TimeSpan.Zero);
}
