using Gateway.Server.Budget;
using Gateway.Server.Metering;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Budget.Contract;

/// <content>Calls that nobody settles.</content>
public abstract partial class SpendStoreContract
{
    [Fact]
    public async Task A_call_whose_process_dies_is_charged_its_prompt_once()
    {
        var budget = NewBudget(cost: 10m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.25m, budget);
        await fixture.AdmitAsync(Request(2m, budget) with { CallId = "cut" });
        await fixture.CrashAsync(budget);
        await fixture.CrashAsync(budget);
        await fixture.ShouldStandAtAsync(budget, settled: 0.75m);
        (await fixture.SpentByAsync(Key)).ShouldBe(Money.FromDecimal(0.75m));
        var row = (await fixture.RowsAsync()).Where(r => r.CallId == "cut").ShouldHaveSingleItem();
        (row.Kind, row.CostNanos, row.Tokens, row.Settlement).ShouldBe((RowKind.Abandoned, 500_000_000, 20, null));
        row.Charges.ShouldHaveSingleItem().Amount.ShouldBe(500_000_000);
    }

    [Fact]
    public async Task A_stream_whose_process_dies_is_charged_what_it_had_accrued()
    {
        var budget = NewBudget(cost: 10m);
        await using var fixture = await OpenAsync(budget);
        var call = await fixture.AdmitAsync(Request(2m, budget));
        fixture.Store.Accrue(call, Money.FromDecimal(2.5m), 80);
        await fixture.KeepUpAsync();
        await fixture.CrashAsync(budget);
        await fixture.ShouldStandAtAsync(budget, settled: 2.5m, overshoot: 0.5m);
        (await fixture.RowsAsync()).ShouldHaveSingleItem().Tokens.ShouldBe(80);
    }

    [Fact]
    public async Task A_call_that_was_settled_before_its_process_died_stays_as_it_was()
    {
        var budget = NewBudget(cost: 10m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.25m, budget);
        await fixture.CrashAsync(budget);
        await fixture.SpendAsync(0.5m, budget);
        await fixture.ShouldStandAtAsync(budget, settled: 0.75m);
        (await fixture.RowsAsync()).Select(r => r.Kind).ShouldBe([RowKind.Settled, RowKind.Settled]);
    }

    [Fact]
    public async Task A_call_that_is_settled_after_it_was_given_up_adds_up_to_what_it_cost()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var lost = await fixture.AdmitAsync(Request(0.8m, budget));
        await fixture.LoseSightAsync();
        await fixture.ShouldStandAtAsync(budget, settled: 0.2m);

        await fixture.SettleAsync(lost, Settlement(0.15m));
        await fixture.SettleAsync(lost, Settlement(0.7m));
        await fixture.ShouldStandAtAsync(budget, settled: 0.15m);
        (await fixture.SpentByAsync(Key)).ShouldBe(Money.FromDecimal(0.15m));
        var rows = await fixture.RowsAsync();
        rows.Select(r => (r.Kind, r.CostNanos, r.Tokens)).ShouldBe(
            [(RowKind.Abandoned, 200_000_000, 20), (RowKind.Correction, -50_000_000, 30)]);
        rows[1].StartedAt.ShouldBe(rows[0].StartedAt);
    }

    [Fact]
    public async Task A_late_settle_above_what_stood_for_the_call_is_overshoot()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var lost = await fixture.AdmitAsync(Request(0.8m, budget));
        await fixture.LoseSightAsync();
        await fixture.SpendAsync(0.8m, budget);
        await fixture.SettleAsync(lost, Settlement(0.7m));
        await fixture.ShouldStandAtAsync(budget, settled: 1.5m, overshoot: 0.5m);
    }

    [Fact]
    public async Task A_call_that_was_given_up_holds_neither_room_nor_a_parallel_call()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var request = Request(0.8m, budget) with { Limits = new() { MaxParallelRequests = 1 } };
        var lost = await fixture.AdmitAsync(request);
        await fixture.LoseSightAsync();
        var second = await fixture.AdmitAsync(request);
        await fixture.SettleAsync(lost, Settlement(0.2m));
        (await fixture.RefuseAsync<ReserveRefusal.RateLimited>(request with { Cost = Money.Zero }))
            .LimitType.ShouldBe("concurrent_requests");
        await fixture.SettleAsync(second, Settlement(0.1m));
        await fixture.ShouldStandAtAsync(budget, settled: 0.3m);
    }
}
