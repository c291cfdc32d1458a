using System.Collections.Concurrent;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using static Gateway.Tests.Budget.StoreFixture;

namespace Gateway.Tests.Budget;

public sealed class ConcurrencyTests
{
    private const int Clients = 64;
    private const long LargestReservation = 2_000_000;

    [Fact]
    public async Task SixtyFourClients_CallsWithinTheirReservation_FillTheBudgetAndNeverExceedIt()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await HammerAsync(fixture, budget, (reserved, random) => random.NextInt64(reserved / 2, reserved + 1), _ => { });
        var counter = fixture.Read(budget);
        counter.Settled.ShouldBeLessThanOrEqualTo(1m);
        counter.Settled.ShouldBeGreaterThan(1m - new Money(LargestReservation).ToDecimal());
        (counter.Reserved, counter.Overshoot).ShouldBe((0m, 0m));
        await fixture.CrashAsync(budget);
        fixture.Read(budget).Settled.ShouldBe(counter.Settled);
    }

    [Fact]
    public async Task SixtyFourClients_CallsThatOutgrowTheirReservation_ExceedTheBudgetByNoMoreThanTheMetric()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var above = new ConcurrentBag<long>();
        await HammerAsync(fixture, budget, (reserved, random) => random.NextInt64(reserved / 2, reserved * 2), above.Add);
        var counter = fixture.Read(budget);
        counter.Overshoot.ShouldBe(new Money(above.Sum()).ToDecimal());
        counter.Settled.ShouldBeLessThanOrEqualTo(1m + counter.Overshoot);
        counter.Reserved.ShouldBe(0m);
    }

    [Fact]
    public async Task CallsThatEndWhileABudgetIsCountedAnew_AreAllCountedOnce()
    {
        BudgetModel[] definitions = [NewBudget(cost: 1_000m), NewBudget(cost: 1_000m, period: BudgetPeriod.Weekly)];
        await using var fixture = await OpenAsync(definitions[0]);
        await SpendAsync(3_000);
        for (var round = 1; round <= 20; round++)
        {
            var now = definitions[round % 2];
            var spending = Task.Run(() => SpendAsync(200), TestContext.Current.CancellationToken);
            fixture.Store.Apply([now]);
            await spending;
            fixture.Read(now).Settled.ShouldBe((3_000 + (round * 200)) * 0.01m);
        }

        async Task SpendAsync(int calls)
        {
            for (var i = 0; i < calls; i++)
                await fixture.SpendAsync(0.01m, definitions[0]);
        }
    }

    /// <summary>Every client calls until it is told that the budget has no room for it.</summary>
    private static Task HammerAsync(StoreFixture fixture, BudgetModel budget, Func<long, Random, long> actual, Action<long> above)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var clients = Enumerable.Range(0, Clients).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            await start.Task;
            while (await CallAsync(fixture, budget, random, actual, above))
                await Task.Yield();
        })).ToList();
        start.SetResult();
        return Task.WhenAll(clients);
    }

    private static async Task<bool> CallAsync(
        StoreFixture fixture, BudgetModel budget, Random random, Func<long, Random, long> actual, Action<long> above)
    {
        var reserved = random.NextInt64(LargestReservation / 2, LargestReservation + 1);
        var outcome = await fixture.ReserveAsync(Request(0m, budget) with { Cost = new(reserved) });
        if (outcome.Reservation is not { } call)
            return outcome.Refusal is ReserveRefusal.BudgetReserved;
        var cost = actual(reserved, random);
        fixture.Store.Accrue(call, new(cost), 1);
        await Task.Yield();
        await fixture.Store.SettleAsync(call, Settlement(0m) with { Cost = new(cost) });
        above(Math.Max(cost - reserved, 0));
        return true;
    }
}
