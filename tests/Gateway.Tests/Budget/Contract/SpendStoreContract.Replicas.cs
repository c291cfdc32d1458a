using System.Collections.Concurrent;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Budget.Contract;

/// <content>Many at the same time, on as many replicas as the tier has.</content>
public abstract partial class SpendStoreContract
{
    private const long LargestReservation = 2_000_000;

    /// <summary>At the same time, over all replicas.</summary>
    private protected virtual int Clients => 64;

    [Fact]
    public async Task Replicas_hold_one_budget_together()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var other = await fixture.JoinAsync();
        var first = await fixture.AdmitAsync(Request(0.6m, budget));
        var refusal = await fixture.RefuseAsync<ReserveRefusal.BudgetReserved>(Request(0.5m, budget), other);
        refusal.Reserved.ShouldBe(600_000_000);
        var second = await fixture.AdmitAsync(Request(0.4m, budget), other);
        await fixture.SettleAsync(first, Settlement(0.6m));
        await fixture.SettleAsync(second, Settlement(0.4m), other);
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, budget));
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, budget), other);
    }

    [Fact]
    public async Task Replicas_hold_a_keys_limits_together()
    {
        await using var fixture = await OpenAsync();
        var other = await fixture.JoinAsync();
        await fixture.AwaitMinuteAsync();
        var requests = Limited(new() { RequestsPerMinute = 1, MaxParallelRequests = 1 });
        var call = await fixture.AdmitAsync(requests);
        (await fixture.RefuseAsync<ReserveRefusal.RateLimited>(requests, other)).LimitType.ShouldBe("requests");
        var parallel = Limited(new() { MaxParallelRequests = 1 });
        (await fixture.RefuseAsync<ReserveRefusal.RateLimited>(parallel, other)).LimitType.ShouldBe("concurrent_requests");
        await fixture.SettleAsync(call, Settlement(0m));
        await fixture.AdmitAsync(parallel, other);
    }

    [Fact]
    public async Task Calls_within_their_reservation_fill_the_budget_and_never_exceed_it()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await HammerAsync(fixture, budget, (reserved, random) => random.NextInt64(reserved / 2, reserved + 1));
        var counter = await fixture.CountAsync(budget);
        counter.Settled.ShouldBeLessThanOrEqualTo(1m);
        counter.Settled.ShouldBeGreaterThan(1m - new Money(LargestReservation).ToDecimal());
        (counter.Reserved, counter.Overshoot).ShouldBe((0m, 0m));
        var rows = await fixture.RowsAsync();
        new Money(rows.Sum(r => r.CostNanos)).ToDecimal().ShouldBe(counter.Settled);
        rows.ShouldAllBe(r => r.Kind == RowKind.Settled);
        await fixture.CrashAsync(budget);
        await fixture.ShouldStandAtAsync(budget, counter.Settled);
    }

    [Fact]
    public async Task Calls_that_outgrow_their_reservation_exceed_the_budget_by_the_overshoot_at_most()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var above = await HammerAsync(fixture, budget, (reserved, random) => random.NextInt64(reserved / 2, reserved * 2));
        var counter = await fixture.CountAsync(budget);
        counter.Overshoot.ShouldBe(new Money(above).ToDecimal());
        counter.Settled.ShouldBeLessThanOrEqualTo(1m + counter.Overshoot);
        counter.Reserved.ShouldBe(0m);
        (await fixture.RowsAsync()).Sum(r => r.Charges.Sum(c => c.Overshoot)).ShouldBe(above);
    }

    [Fact]
    public async Task Calls_that_end_while_a_budget_is_defined_anew_are_all_counted_once()
    {
        const int rounds = 10;
        const int calls = 50;
        BudgetModel[] definitions = [NewBudget(cost: 1_000m), NewBudget(cost: 1_000m, perKey: true)];
        await using var fixture = await OpenAsync(definitions[0]);
        for (var round = 1; round <= rounds; round++)
        {
            var now = definitions[round % 2];
            var spending = Task.Run(SpendAsync, TestContext.Current.CancellationToken);
            await fixture.ApplyAsync(now);
            await spending;
            await fixture.KeepUpAsync();
            (await fixture.CountAsync(now)).Settled.ShouldBe(round * calls * 0.01m);
        }

        async Task SpendAsync()
        {
            for (var i = 0; i < calls; i++)
            {
                var call = await fixture.AdmitAsync(Request(0.01m, definitions[0]));
                await fixture.Store.SettleAsync(call, Settlement(0.01m));
            }
        }
    }

    /// <summary>
    /// Every client calls until it is told that the budget has no room for it. Returns what was spent above reservations.
    /// </summary>
    private async Task<long> HammerAsync(ISpendStoreFixture fixture, BudgetModel budget, Func<long, Random, long> actual)
    {
        ISpendStore[] replicas = [fixture.Store, await fixture.JoinAsync(), await fixture.JoinAsync(), await fixture.JoinAsync()];
        var above = new ConcurrentBag<long>();
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var clients = Enumerable.Range(0, Clients).Select(number => Task.Run(async () =>
        {
            var random = new Random(number);
            var replica = replicas[number % replicas.Length];
            await start.Task;
            while (await CallAsync(fixture, replica, budget, random, actual, above))
                await Task.Yield();
        })).ToList();
        start.SetResult();
        await Task.WhenAll(clients);
        await fixture.KeepUpAsync();
        return above.Sum();
    }

    private static async Task<bool> CallAsync(
        ISpendStoreFixture fixture,
        ISpendStore replica,
        BudgetModel budget,
        Random random,
        Func<long, Random, long> actual,
        ConcurrentBag<long> above)
    {
        var reserved = random.NextInt64(LargestReservation / 2, LargestReservation + 1);
        var outcome = await fixture.ReserveAsync(Request(0m, budget) with { Cost = new(reserved) }, replica);
        if (outcome.Reservation is not { } call)
        {
            outcome.Refusal.ShouldBeAssignableTo<ReserveRefusal>();
            return outcome.Refusal is ReserveRefusal.BudgetReserved;
        }

        var cost = actual(reserved, random);
        replica.Accrue(call, new(cost), 1);
        await Task.Yield();
        await replica.SettleAsync(call, Settlement(0m) with { Cost = new(cost) });
        above.Add(Math.Max(cost - reserved, 0));
        return true;
    }
}
