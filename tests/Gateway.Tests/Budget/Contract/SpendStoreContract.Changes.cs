using Gateway.Contract;
using Gateway.Server.Budget;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Budget.Contract;

/// <content>Budgets come and change.</content>
public abstract partial class SpendStoreContract
{
    [Fact]
    public async Task Another_limit_holds_at_once()
    {
        var (budget, lower) = (NewBudget(cost: 1m), NewBudget(cost: 0.5m));
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.5m, budget);
        await fixture.ApplyAsync(lower);
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, lower));
        await fixture.ApplyAsync(budget);
        await fixture.AdmitAsync(Request(0.1m, budget));
    }

    [Fact]
    public async Task A_budget_that_is_deleted_and_applied_again_has_lost_nothing()
    {
        var budget = NewBudget();
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.5m, budget);
        await fixture.ApplyAsync();
        await fixture.CrashAsync();
        await fixture.ApplyAsync(budget);
        await fixture.ShouldStandAtAsync(budget, settled: 0.5m);
    }

    [Fact]
    public async Task A_new_budget_begins_at_zero()
    {
        var (old, added) = (NewBudget("old"), NewBudget("added"));
        await using var fixture = await OpenAsync(old);
        await fixture.SpendAsync(0.5m, old);
        await fixture.ApplyAsync(old, added);
        await fixture.ShouldStandAtAsync(added, settled: 0);
        await fixture.SpendAsync(0.25m, old, added);
        await fixture.ShouldStandAtAsync(added, settled: 0.25m);
        await fixture.ShouldStandAtAsync(old, settled: 0.75m);
    }

    [Fact]
    public async Task Another_period_is_seeded_from_the_ledger()
    {
        var (total, month) = (NewBudget(), NewBudget(period: BudgetPeriod.Monthly));
        await using var fixture = await OpenAsync(total);
        await fixture.SpendAsync(0.25m, total);
        await fixture.SpendAsync(0.5m, total);
        await fixture.ApplyAsync(month);
        await fixture.ShouldStandAtAsync(month, settled: 0.75m);
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.26m, month));
        await fixture.CrashAsync(month);
        await fixture.ShouldStandAtAsync(month, settled: 0.75m);
    }

    [Fact]
    public async Task A_budget_per_key_instead_of_a_shared_one_gives_each_key_its_own_and_back()
    {
        var (shared, perKey) = (NewBudget(), NewBudget(perKey: true));
        await using var fixture = await OpenAsync(shared);
        await fixture.SpendAsync(0.1m, shared);
        await fixture.SettleAsync(await fixture.AdmitAsync(Request(0.2m, shared) with { KeyId = OtherKey }), Settlement(0.2m));
        await fixture.ApplyAsync(perKey);
        (await fixture.ReadAsync(perKey)).Select(c => (c.Key, c.Settled)).ShouldBe([(Key, 0.1m), (OtherKey, 0.2m)], ignoreOrder: true);
        await fixture.ApplyAsync(shared);
        await fixture.ShouldStandAtAsync(shared, settled: 0.3m);
    }

    [Fact]
    public async Task A_budget_in_tokens_instead_of_cost_counts_the_tokens_of_the_same_calls()
    {
        var (cost, tokens) = (NewBudget(cost: 5m), NewBudget(tokens: 1000));
        await using var fixture = await OpenAsync(cost);
        await fixture.SpendAsync(0.1m, cost);
        await fixture.SpendAsync(0.1m, cost);
        await fixture.ApplyAsync(tokens);
        await fixture.ShouldStandAtAsync(tokens, settled: 100);
        await fixture.ApplyAsync(cost);
        await fixture.ShouldStandAtAsync(cost, settled: 0.2m);
    }

    [Fact]
    public async Task What_was_given_up_and_corrected_is_seeded_as_what_it_cost()
    {
        var (total, month) = (NewBudget(), NewBudget(period: BudgetPeriod.Monthly));
        await using var fixture = await OpenAsync(total);
        var lost = await fixture.AdmitAsync(Request(0.8m, total));
        await fixture.LoseSightAsync();
        await fixture.SettleAsync(lost, Settlement(0.15m));
        await fixture.ApplyAsync(month);
        await fixture.ShouldStandAtAsync(month, settled: 0.15m);
    }

    [Fact]
    public async Task Calls_that_are_live_when_the_definition_changes_are_held_and_charged_under_the_new_one()
    {
        var (total, month) = (NewBudget(cost: 1m), NewBudget(cost: 1m, period: BudgetPeriod.Monthly));
        await using var fixture = await OpenAsync(total);
        var live = await fixture.AdmitAsync(Request(0.8m, total));
        await fixture.ApplyAsync(month);
        await fixture.ShouldStandAtAsync(month, settled: 0, reserved: 0.8m);
        await fixture.RefuseAsync<ReserveRefusal.BudgetReserved>(Request(0.3m, month));
        await fixture.SettleAsync(live, Settlement(0.7m));
        await fixture.ShouldStandAtAsync(month, settled: 0.7m);
    }

    [Fact]
    public async Task A_call_planned_under_the_definition_before_is_counted_by_the_new_one()
    {
        var (total, month) = (NewBudget(cost: 1m), NewBudget(cost: 1m, period: BudgetPeriod.Monthly));
        await using var fixture = await OpenAsync(total);
        await fixture.ApplyAsync(month);
        await fixture.SpendAsync(1m, total);
        await fixture.ShouldStandAtAsync(month, settled: 1m);
    }
}
