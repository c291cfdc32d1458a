using Gateway.Contract;
using Gateway.Server.Metering;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Budget.Contract;

/// <content>What is charged.</content>
public abstract partial class SpendStoreContract
{
    [Fact]
    public async Task A_call_below_its_reservation_is_charged_what_it_cost()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SettleAsync(await fixture.AdmitAsync(Request(0.9m, budget)), Settlement(0.000000001m));
        await fixture.ShouldStandAtAsync(budget, settled: 0.000000001m);
        (await fixture.SpentByAsync(Key)).ShouldBe(new Money(1));
    }

    [Fact]
    public async Task A_call_above_its_reservation_is_charged_in_full_and_shown_as_overshoot()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SettleAsync(await fixture.AdmitAsync(Request(0.9m, budget)), Settlement(1.5m));
        await fixture.ShouldStandAtAsync(budget, settled: 1.5m, overshoot: 0.6m);
    }

    [Fact]
    public async Task A_call_that_is_settled_twice_is_charged_once()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var call = await fixture.AdmitAsync(Request(0.5m, budget));
        await fixture.SettleAsync(call, Settlement(0.2m));
        await fixture.SettleAsync(call, Settlement(0.3m));
        await fixture.ShouldStandAtAsync(budget, settled: 0.2m);
        (await fixture.SpentByAsync(Key)).ShouldBe(Money.FromDecimal(0.2m));
        (await fixture.RowsAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_budget_that_does_not_cover_the_model_that_answered_is_not_charged()
    {
        var (mini, all) = (NewBudget("mini", models: ["gpt-mini*"]), NewBudget("all"));
        await using var fixture = await OpenAsync(mini, all);
        await fixture.SettleAsync(await fixture.AdmitAsync(Request(0.5m, mini, all)), Settlement(0.4m, model: "claude"));
        await fixture.ShouldStandAtAsync(mini, settled: 0);
        await fixture.ShouldStandAtAsync(all, settled: 0.4m);
    }

    [Fact]
    public async Task A_cost_in_another_currency_is_no_amount_that_a_budget_adds_up()
    {
        var (dollars, tokens) = (NewBudget("dollars"), NewBudget("tokens", tokens: 1000));
        await using var fixture = await OpenAsync(dollars, tokens);
        var call = await fixture.AdmitAsync(Request(0.5m, dollars, tokens));
        await fixture.SettleAsync(call, Settlement(0.4m) with { Currency = "EUR" });
        call = await fixture.AdmitAsync(Request(0.5m, dollars, tokens));
        await fixture.SettleAsync(call, Settlement(0.3m) with { Currency = "USD" });
        await fixture.ShouldStandAtAsync(dollars, settled: 0.3m);
        await fixture.ShouldStandAtAsync(tokens, settled: 100);
    }

    [Fact]
    public async Task A_stream_that_outgrows_its_reservation_raises_it_whatever_the_limit()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var call = await fixture.AdmitAsync(Request(0.5m, budget));
        fixture.Store.Accrue(call, Money.FromDecimal(0.3m), 10);
        await fixture.KeepUpAsync();
        await fixture.ShouldStandAtAsync(budget, settled: 0, reserved: 0.5m);
        fixture.Store.Accrue(call, Money.FromDecimal(1.2m), 20);
        await fixture.KeepUpAsync();
        await fixture.ShouldStandAtAsync(budget, settled: 0, reserved: 1.2m);
        await fixture.SettleAsync(call, Settlement(1.3m));
        await fixture.ShouldStandAtAsync(budget, settled: 1.3m, overshoot: 0.8m);
    }

    [Fact]
    public async Task A_stream_that_is_settled_accrues_nothing_any_more()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var call = await fixture.AdmitAsync(Request(0.5m, budget));
        await fixture.SettleAsync(call, Settlement(0.3m));
        fixture.Store.Accrue(call, Money.FromDecimal(9m), 30);
        await fixture.KeepUpAsync();
        await fixture.ShouldStandAtAsync(budget, settled: 0.3m);
    }

    [Fact]
    public async Task Absurd_amounts_neither_overflow_nor_earn()
    {
        var budget = NewBudget(cost: 9_000_000m, action: BudgetAction.Warn);
        await using var fixture = await OpenAsync(budget);
        var absurd = Request(0m, budget) with { Cost = Money.Max, Tokens = long.MaxValue };
        var usage = new TokenUsage { Output = long.MaxValue, InputUncached = long.MaxValue };
        var calls = await Task.WhenAll(Enumerable.Range(0, 1100).Select(i => fixture.AdmitAsync(absurd with { CallId = $"absurd-{i}" })));
        foreach (var call in calls)
            fixture.Store.Accrue(call, new(long.MaxValue), long.MaxValue);
        await Task.WhenAll(calls.Select(
            call => fixture.Store.SettleAsync(call, Settlement(0m) with { Cost = Money.Max, Usage = usage }).AsTask()));

        var negative = await fixture.AdmitAsync(Request(0m, budget) with { Cost = new(-5), Tokens = -5, PromptCost = new(-5) });
        await fixture.SettleAsync(negative, Settlement(0m) with { Usage = new() { Output = -7 } });
        var counter = await fixture.CountAsync(budget);
        counter.Settled.ShouldBeGreaterThanOrEqualTo(9_000_000m);
        counter.Reserved.ShouldBe(0m);
        (await fixture.SpentByAsync(Key)).ShouldBeGreaterThanOrEqualTo(Money.Max);
    }
}
