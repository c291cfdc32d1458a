using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;

namespace Gateway.Tests.Budget.Contract;

/// <summary>What tests do with a store, in one line each.</summary>
internal static class SpendSteps
{
    public static async Task<ReserveOutcome> ReserveAsync(this ISpendStoreFixture fixture, ReserveRequest request, ISpendStore? on = null)
    {
        var ours = request with { Facts = request.Facts with { Gateway = fixture.Gateway } };
        return await (on ?? fixture.Store).ReserveAsync(ours, TestContext.Current.CancellationToken);
    }

    public static async Task<Reservation> AdmitAsync(this ISpendStoreFixture fixture, ReserveRequest request, ISpendStore? on = null)
    {
        var outcome = await fixture.ReserveAsync(request, on);
        outcome.Refusal.ShouldBeNull();
        return outcome.Reservation.ShouldNotBeNull();
    }

    public static async Task<T> RefuseAsync<T>(this ISpendStoreFixture fixture, ReserveRequest request, ISpendStore? on = null)
        where T : ReserveRefusal
    {
        var outcome = await fixture.ReserveAsync(request, on);
        outcome.Reservation.ShouldBeNull();
        return outcome.Refusal.ShouldBeOfType<T>();
    }

    /// <summary>Settles on the replica that admitted the call, and waits until it is counted.</summary>
    public static async Task SettleAsync(
        this ISpendStoreFixture fixture, Reservation call, Settlement settlement, ISpendStore? on = null)
    {
        await (on ?? fixture.Store).SettleAsync(call, settlement);
        await fixture.KeepUpAsync();
    }

    /// <summary>A whole call.</summary>
    public static async Task SpendAsync(this ISpendStoreFixture fixture, decimal cost, params ImmutableArray<BudgetModel> budgets) =>
        await fixture.SettleAsync(await fixture.AdmitAsync(SpendSamples.Request(cost, budgets)), SpendSamples.Settlement(cost));

    /// <summary>The one counter of a budget.</summary>
    public static async Task<BudgetCounter> CountAsync(this ISpendStoreFixture fixture, BudgetModel budget) =>
        (await fixture.ReadAsync(budget)).ShouldHaveSingleItem();

    public static async Task ShouldStandAtAsync(
        this ISpendStoreFixture fixture, BudgetModel budget, decimal settled, decimal reserved = 0, decimal overshoot = 0)
    {
        var counter = await fixture.CountAsync(budget);
        (counter.Settled, counter.Reserved, counter.Overshoot).ShouldBe((settled, reserved, overshoot));
    }
}
