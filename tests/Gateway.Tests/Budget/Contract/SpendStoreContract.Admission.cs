using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Metering;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Budget.Contract;

/// <content>Who may go.</content>
public abstract partial class SpendStoreContract
{
    [Fact]
    public async Task A_call_that_takes_exactly_what_is_left_is_admitted()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.4m, budget);
        await fixture.AdmitAsync(Request(0.6m, budget));
        await fixture.ShouldStandAtAsync(budget, settled: 0.4m, reserved: 0.6m);
        (await fixture.CountAsync(budget)).Limit.ShouldBe(1m);
    }

    [Fact]
    public async Task A_call_that_takes_a_billionth_too_much_is_refused()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.4m, budget);
        var refusal = await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.600000001m, budget));
        (refusal.Budget.Id, refusal.Settled, refusal.Requested).ShouldBe(("ns/team", 400_000_000, 600_000_001));
        refusal.IsSpent.ShouldBeFalse();
        await fixture.ShouldStandAtAsync(budget, settled: 0.4m);
    }

    [Fact]
    public async Task A_spent_budget_refuses_by_name_and_says_when_it_resets()
    {
        var budget = NewBudget(cost: 1m, period: BudgetPeriod.Monthly);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(1m, budget);
        var refusal = await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.000000001m, budget));
        (refusal.Budget.Id, refusal.Settled, refusal.IsSpent).ShouldBe(("ns/team", 1_000_000_000, true));
        refusal.ResetTime.ShouldBe((await fixture.CountAsync(budget)).PeriodEnd);
        refusal.ResetTime!.Value.Day.ShouldBe(1);
    }

    [Fact]
    public async Task A_spent_total_never_resets()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(1m, budget);
        (await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, budget))).ResetTime.ShouldBeNull();
        var counter = await fixture.CountAsync(budget);
        (counter.PeriodStart, counter.PeriodEnd).ShouldBe((null, null));
    }

    [Fact]
    public async Task A_call_that_only_live_ones_keep_out_is_told_so_and_fits_once_they_have_ended()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var live = await fixture.AdmitAsync(Request(0.8m, budget));
        var refusal = await fixture.RefuseAsync<ReserveRefusal.BudgetReserved>(Request(0.3m, budget));
        (refusal.Budget.Id, refusal.Settled, refusal.Reserved).ShouldBe(("ns/team", 0, 800_000_000));
        await fixture.SettleAsync(live, Settlement(0.1m));
        await fixture.AdmitAsync(Request(0.3m, budget));
    }

    [Fact]
    public async Task A_call_that_would_not_fit_without_the_live_ones_either_is_not_told_to_retry()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.5m, budget);
        await fixture.AdmitAsync(Request(0.4m, budget));
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.6m, budget));
    }

    [Fact]
    public async Task A_call_that_one_of_its_budgets_refuses_holds_nothing_in_the_others()
    {
        var (small, large) = (NewBudget("small", cost: 0.1m), NewBudget("large", cost: 10m));
        await using var fixture = await OpenAsync(small, large);
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.2m, large, small));
        await fixture.AdmitAsync(Request(0.1m, large, small));
        (await fixture.RefuseAsync<ReserveRefusal.BudgetReserved>(Request(0.05m, large, small))).Budget.Id.ShouldBe("ns/small");
        await fixture.ShouldStandAtAsync(large, settled: 0, reserved: 0.1m);
    }

    [Fact]
    public async Task Of_two_spent_budgets_the_one_that_resets_last_is_named()
    {
        var (month, total) = (NewBudget("month", period: BudgetPeriod.Monthly), NewBudget("total"));
        await using var fixture = await OpenAsync(month, total);
        await fixture.SpendAsync(1m, month, total);
        (await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, total, month))).Budget.Id.ShouldBe("ns/total");
    }

    [Fact]
    public async Task A_spent_budget_is_named_before_a_limit_and_a_limit_before_live_calls()
    {
        var (spent, held) = (NewBudget("spent", cost: 0m), NewBudget("held", cost: 1m));
        await using var fixture = await OpenAsync(spent, held);
        await fixture.AdmitAsync(Request(1m, held));
        var limits = new LimitsConfig { RequestsPerMinute = 0 };
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(1m, held, spent) with { Limits = limits });
        await fixture.RefuseAsync<ReserveRefusal.RateLimited>(Request(1m, held) with { Limits = limits });
        await fixture.RefuseAsync<ReserveRefusal.BudgetReserved>(Request(1m, held));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1.5)]
    public async Task A_call_that_costs_nothing_passes_a_budget_that_is_spent_or_overspent(decimal spent)
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SettleAsync(await fixture.AdmitAsync(Request(1m, budget)), Settlement(spent));
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.000000001m, budget));
        await fixture.SpendAsync(0m, budget);
        (await fixture.CountAsync(budget)).Settled.ShouldBe(spent);
    }

    [Fact]
    public async Task A_call_that_costs_nothing_passes_a_budget_that_live_calls_take_up()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var live = await fixture.AdmitAsync(Request(1m, budget));
        fixture.Store.Accrue(live, Money.FromDecimal(1.5m), 10);
        await fixture.KeepUpAsync();
        await fixture.RefuseAsync<ReserveRefusal.BudgetReserved>(Request(0.5m, budget));
        await fixture.SpendAsync(0m, budget);
    }

    [Theory]
    [InlineData(BudgetAction.Warn, BudgetEnforcement.Enforce)]
    [InlineData(BudgetAction.Block, BudgetEnforcement.DryRun)]
    public async Task A_budget_that_does_not_block_only_counts(BudgetAction action, BudgetEnforcement enforcement)
    {
        var (counting, blocking) = (NewBudget("counting", action: action, enforcement: enforcement), NewBudget("blocking", cost: 9m));
        await using var fixture = await OpenAsync(counting, blocking);
        await fixture.SpendAsync(3m, counting, blocking);
        await fixture.SpendAsync(3m, counting, blocking);
        await fixture.ShouldStandAtAsync(counting, settled: 6m);
        (await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(4m, counting, blocking))).Budget.Id.ShouldBe("ns/blocking");
    }

    [Fact]
    public async Task A_token_budget_counts_tokens_beside_one_that_counts_cost()
    {
        var (tokens, cost) = (NewBudget("tokens", tokens: 150), NewBudget("cost", cost: 20m));
        await using var fixture = await OpenAsync(tokens, cost);
        await fixture.SpendAsync(5m, tokens, cost);
        await fixture.ShouldStandAtAsync(tokens, settled: 50);
        await fixture.ShouldStandAtAsync(cost, settled: 5m);
        await fixture.AdmitAsync(Request(5m, tokens, cost));
        var refusal = await fixture.RefuseAsync<ReserveRefusal.BudgetReserved>(Request(5m, tokens, cost));
        (refusal.Budget.Id, refusal.Settled, refusal.Reserved).ShouldBe(("ns/tokens", 50, 100));
    }

    [Fact]
    public async Task A_budget_per_key_counts_each_key_by_itself()
    {
        var budget = NewBudget(cost: 1m, perKey: true);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(1m, budget);
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, budget));
        await fixture.AdmitAsync(Request(0.1m, budget) with { KeyId = OtherKey });
        (await fixture.ReadAsync(budget)).Select(c => (c.Key, c.Settled, c.Reserved))
            .ShouldBe([(Key, 1m, 0m), (OtherKey, 0m, 0.1m)], ignoreOrder: true);
    }

    [Fact]
    public async Task A_shared_budget_counts_all_keys_together()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.7m, budget);
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.4m, budget) with { KeyId = OtherKey });
    }

    [Fact]
    public async Task A_budget_that_no_config_has_named_yet_is_counted_from_zero()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync();
        await fixture.SpendAsync(1m, budget);
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, budget));
    }

    [Fact]
    public async Task A_caller_who_has_left_before_reserves_nothing()
    {
        var budget = NewBudget();
        await using var fixture = await OpenAsync(budget);
        await Should.ThrowAsync<OperationCanceledException>(
            async () => await fixture.Store.ReserveAsync(Request(0.5m, budget), new CancellationToken(canceled: true)));
        await fixture.ShouldStandAtAsync(budget, settled: 0);
    }
}
