using System.Collections.Concurrent;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Redis;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Spend;

using Money = global::Gateway.Server.Metering.Money;

/// <summary>The guarantee of design section 7, to the last billionth.</summary>
public sealed class RedisGuaranteeTests(SharedRedis redis) : IClassFixture<SharedRedis>
{
    private const int Replicas = 4;
    private const int ClientsOfAReplica = 64;
    private const long LargestReservation = 2_000_000;

    [Theory]
    [InlineData(100)]
    [InlineData(200)]
    public async Task Four_replicas_of_64_clients_exceed_a_budget_by_their_overshoot_at_most_and_refuse_no_call_that_fits(int percentAtMost)
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = new RedisFixture(redis.Server) { IsAutomatic = true };
        await fixture.OpenAsync(budget);
        while (fixture.Replicas.Count < Replicas)
            await fixture.StartAsync();
        var above = new ConcurrentBag<long>();
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var clients = fixture.Replicas.SelectMany(r => Enumerable.Range(0, ClientsOfAReplica).Select(c => Task.Run(async () =>
        {
            var random = new Random(c);
            await start.Task;
            while (await CallAsync(fixture, r, budget, random, percentAtMost, above))
                await Task.Yield();
        }))).ToList();
        start.SetResult();
        await Task.WhenAll(clients);

        var overshoot = new Money(above.Sum()).ToDecimal();
        foreach (var replica in fixture.Replicas)
            await replica.KeepUpAsync();
        var counter = (await fixture.ReadAsync(budget)).ShouldHaveSingleItem();
        (counter.Reserved, counter.Overshoot).ShouldBe((0m, overshoot));
        counter.Settled.ShouldBeLessThanOrEqualTo(1m + overshoot);
        counter.Settled.ShouldBe(new Money(fixture.Ledger.Rows.Sum(r => r.CostNanos)).ToDecimal());
        counter.Settled.ShouldBeGreaterThan(1m - new Money(LargestReservation).ToDecimal());
    }

    private static async Task<bool> CallAsync(
        RedisFixture fixture, RedisSpendStore replica, BudgetModel budget, Random random, int percentAtMost, ConcurrentBag<long> above)
    {
        var reserved = random.NextInt64(LargestReservation / 2, LargestReservation + 1);
        var outcome = await fixture.ReserveAsync(Request(0m, budget) with { Cost = new(reserved) }, replica);
        switch (outcome.Refusal)
        {
            case ReserveRefusal.BudgetReserved refusal:
                (refusal.Settled + refusal.Reserved + reserved).ShouldBeGreaterThan(budget.Limit);
                return true;
            case ReserveRefusal.BudgetExceeded refusal:
                (refusal.Settled + reserved).ShouldBeGreaterThan(budget.Limit);
                return false;
        }

        var call = outcome.Reservation.ShouldNotBeNull($"{outcome.Refusal}");
        var cost = random.NextInt64(reserved / 2, (reserved * percentAtMost / 100) + 1);
        replica.Accrue(call, new(cost), 1);
        await Task.Yield();
        await replica.SettleAsync(call, Settlement(0m) with { Cost = new(cost) });
        above.Add(Math.Max(cost - reserved, 0));
        return true;
    }
}
