using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Spend;

/// <summary>Replicas whose clocks are wrong: the store's clock rules.</summary>
public sealed class RedisClockTests(SharedRedis redis) : IClassFixture<SharedRedis>
{
    private static readonly BudgetModel s_budget = NewBudget(cost: 1m, period: BudgetPeriod.Monthly);

    [Theory]
    [InlineData(-30)]
    [InlineData(30)]
    [InlineData(40 * 24 * 3600)]
    public async Task A_replica_whose_clock_is_off_counts_in_the_periods_of_the_store(int seconds)
    {
        await using var fixture = await RedisFixture.OpenAsync(redis.Server, s_budget);
        var wrong = await fixture.StartAsync(new WrongClock { Offset = TimeSpan.FromSeconds(seconds) });
        var call = await fixture.AdmitAsync(Request(0.6m, s_budget), wrong);
        await fixture.RefuseAsync<ReserveRefusal.BudgetReserved>(Request(0.6m, s_budget));
        await fixture.SettleAsync(call, Settlement(0.5m), wrong);

        await fixture.ShouldStandAtAsync(s_budget, settled: 0.5m);
        var row = fixture.Ledger.Rows.ShouldHaveSingleItem();
        row.StartedAt.ShouldBe(call.StartedAt);
        call.StartedAt.ShouldBeInRange(TimeProvider.System.GetUtcNow().AddSeconds(-10), TimeProvider.System.GetUtcNow().AddSeconds(1));
        row.Charges.ShouldHaveSingleItem().PeriodStart.Day.ShouldBe(1);
    }

    [Theory]
    [InlineData(-40 * 24 * 3600)]
    [InlineData(-2)]
    [InlineData(40 * 24 * 3600)]
    public async Task A_clock_that_jumps_costs_no_call(int seconds)
    {
        await using var fixture = await RedisFixture.OpenAsync(redis.Server, s_budget);
        var clock = new WrongClock();
        var replica = await fixture.StartAsync(clock);
        await fixture.AdmitAsync(Request(0.1m, s_budget), replica);

        clock.Offset = TimeSpan.FromSeconds(seconds);
        await fixture.AdmitAsync(Request(0.1m, s_budget), replica);

        await fixture.ShouldStandAtAsync(s_budget, settled: 0, reserved: 0.2m);
    }

    [Fact]
    public async Task A_limit_by_the_minute_is_free_again_in_the_next_one()
    {
        await using var fixture = await RedisFixture.OpenAsync(redis.Server);
        var request = Limited(new() { RequestsPerMinute = 1, TokensPerMinute = 100 });
        await fixture.AwaitMinuteAsync();
        await fixture.AdmitAsync(request);
        await fixture.RefuseAsync<ReserveRefusal.RateLimited>(request);

        // As it stands when the call was a minute before.
        foreach (var key in await fixture.KeyStatesAsync())
            await fixture.Database.HashDecrementAsync(key, "m");
        (await fixture.AdmitAsync(request)).Requests!.Value.Remaining.ShouldBe(0);
    }

    private sealed class WrongClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }
}
