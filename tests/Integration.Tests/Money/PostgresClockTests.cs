using Gateway.Contract;
using Gateway.Tests.Budget.Contract;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Money;

/// <summary>Replicas whose own clocks are wrong.</summary>
public sealed class PostgresClockTests(SharedPostgres postgres) : IClassFixture<SharedPostgres>
{
    [Theory]
    [InlineData(-30)]
    [InlineData(30)]
    [InlineData(-100_000)]
    [InlineData(100_000)]
    public async Task A_clock_that_is_wrong_or_jumps_changes_neither_period_nor_minute(int seconds)
    {
        var budget = NewBudget(cost: 1m, period: BudgetPeriod.Hourly);
        await using var fixture = await PostgresFixture.OpenAsync(postgres, budget);
        await fixture.AwaitMinuteAsync();
        var clock = new WrongClock { By = TimeSpan.FromSeconds(seconds) };
        var wrong = await fixture.JoinAsync(clock);
        await fixture.SpendAsync(0.25m, budget);

        var first = await fixture.AdmitAsync(Request(0.25m, budget), wrong);
        clock.By = -clock.By;
        var second = await fixture.AdmitAsync(Request(0.25m, budget), wrong);
        await fixture.SettleAsync(first, Settlement(0.25m), wrong);
        await fixture.SettleAsync(second, Settlement(0.25m), wrong);

        await fixture.ShouldStandAtAsync(budget, settled: 0.75m);
        (await fixture.RowsAsync()).Select(r => r.Charges.Single().PeriodStart).Distinct().ShouldHaveSingleItem();
        (await fixture.AskAsync<bool>(
            """
            select bool_and(started_at between clock_timestamp() - interval '20 s' and clock_timestamp())
            from llm_gateway.ledger where gateway = $1
            """))
            .ShouldBeTrue();
    }

    private sealed class WrongClock : TimeProvider
    {
        public TimeSpan By { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + By;
    }
}
