using System.Collections.Concurrent;
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
