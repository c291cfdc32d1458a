using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Metering;
using static Gateway.Tests.Budget.StoreFixture;

namespace Gateway.Tests.Budget;

public sealed class EmbeddedSpendStoreTests
{
    [Fact]
    public async Task Reserve_ExactlyWhatIsLeft_IsAdmitted()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.4m, budget);
        await fixture.AdmitAsync(Request(0.6m, budget));
        var counter = fixture.Read(budget);
        (counter.Settled, counter.Reserved, counter.Limit).ShouldBe((0.4m, 0.6m, 1m));
    }

    [Fact]
    public async Task Reserve_SettledSpendAtTheLimit_NamesTheBudgetAndItsReset()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(1m, budget);
        var refusal = await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.000000001m, budget));
        refusal.Budget.Id.ShouldBe("ns/team");
        refusal.IsSpent.ShouldBeTrue();
        refusal.Settled.ShouldBe(1_000_000_000);
        refusal.ResetTime.ShouldBe(new DateTimeOffset(2026, 5, 7, 0, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task Reserve_OnlyLiveCallsInTheWay_IsToldSo_AndFitsAfterwards()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var live = await fixture.AdmitAsync(Request(0.8m, budget));
        var refusal = await fixture.RefuseAsync<ReserveRefusal.BudgetReserved>(Request(0.3m, budget));
        (refusal.Settled, refusal.Reserved).ShouldBe((0, 800_000_000));
        await fixture.Store.SettleAsync(live, Settlement(0.1m));
        await fixture.AdmitAsync(Request(0.3m, budget));
    }

    [Fact]
    public async Task Reserve_LargerThanWhatSettledSpendLeaves_IsNotToldToRetry()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.5m, budget);
        await fixture.AdmitAsync(Request(0.4m, budget));
        var refusal = await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.6m, budget));
        refusal.IsSpent.ShouldBeFalse();
        refusal.Requested.ShouldBe(600_000_000);
    }

    [Fact]
    public async Task Reserve_OneOfTwoBudgetsFull_HoldsNothingInTheOther()
    {
        var (small, large) = (NewBudget("small", cost: 0.1m), NewBudget("large", cost: 10m));
        await using var fixture = await OpenAsync(small, large);
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.2m, large, small));
        fixture.Read(large).Reserved.ShouldBe(0);
    }

    [Fact]
    public async Task Reserve_TwoBudgetsFull_NamesTheOneThatResetsLast()
    {
        var (day, month) = (NewBudget("day"), NewBudget("month", period: BudgetPeriod.Monthly));
        await using var fixture = await OpenAsync(day, month);
        await fixture.SpendAsync(1m, day, month);
        (await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, day, month))).Budget.Id.ShouldBe("ns/month");
    }

    [Fact]
    public async Task Reserve_ZeroCostAtTheLimit_IsAdmitted()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(1m, budget);
        await fixture.AdmitAsync(Request(0m, budget));
    }

    [Theory]
    [InlineData(BudgetAction.Warn, BudgetEnforcement.Enforce)]
    [InlineData(BudgetAction.Block, BudgetEnforcement.DryRun)]
    public async Task Reserve_BudgetThatDoesNotBlock_OnlyCounts(BudgetAction action, BudgetEnforcement enforcement)
    {
        var budget = NewBudget(cost: 1m, action: action, enforcement: enforcement);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(3m, budget);
        await fixture.SpendAsync(3m, budget);
        fixture.Read(budget).Settled.ShouldBe(6m);
    }

    [Fact]
    public async Task Reserve_TokenBudget_CountsTokens()
    {
        var budget = NewBudget(tokens: 150);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(5m, budget);
        fixture.Read(budget).Settled.ShouldBe(50);
        await fixture.AdmitAsync(Request(5m, budget));
        await fixture.RefuseAsync<ReserveRefusal.BudgetReserved>(Request(5m, budget));
    }

    [Fact]
    public async Task Reserve_PerKey_EachKeyHasItsOwnCounter()
    {
        var budget = NewBudget(cost: 1m, perKey: true);
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(1m, budget);
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, budget));
        await fixture.AdmitAsync(Request(0.1m, budget) with { KeyId = "team/other" });
        fixture.Store.Read([budget]).Select(c => (c.Key, c.Settled, c.Reserved))
            .ShouldBe([("team/key", 1m, 0m), ("team/other", 0m, 0.1m)], ignoreOrder: true);
    }

    [Fact]
    public async Task Reserve_BudgetThatWasNeverApplied_IsCounted()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync();
        await fixture.SpendAsync(1m, budget);
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, budget));
    }

    [Fact]
    public async Task Reserve_AfterThePeriodEnds_BeginsAtZero_AndACallIsChargedToItsOwnPeriod()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var late = await fixture.AdmitAsync(Request(0.9m, budget));
        fixture.Time.Now = new(2026, 5, 7, 0, 0, 0, TimeSpan.Zero);
        await fixture.SpendAsync(0.5m, budget);
        await fixture.Store.SettleAsync(late, Settlement(0.9m));
        fixture.Read(budget).Settled.ShouldBe(0.5m);
        fixture.Time.Now = new(2026, 5, 6, 23, 59, 59, TimeSpan.Zero);
        fixture.Read(budget).Settled.ShouldBe(0.9m);
    }

    [Fact]
    public async Task Settle_AboveTheReservation_IsChargedAndShownAsOvershoot()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var call = await fixture.AdmitAsync(Request(0.9m, budget));
        await fixture.Store.SettleAsync(call, Settlement(1.5m));
        var counter = fixture.Read(budget);
        (counter.Settled, counter.Overshoot, counter.Reserved).ShouldBe((1.5m, 0.6m, 0m));
    }

    [Fact]
    public async Task Settle_Twice_ChargesOnce()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var call = await fixture.AdmitAsync(Request(0.5m, budget));
        await fixture.Store.SettleAsync(call, Settlement(0.2m));
        await fixture.Store.SettleAsync(call, Settlement(0.3m));
        fixture.Read(budget).Settled.ShouldBe(0.2m);
        fixture.Store.SpentBy(Key).ShouldBe(Money.FromDecimal(0.2m));
    }

    [Fact]
    public async Task Settle_ModelThatABudgetDoesNotCover_ReleasesItUncharged()
    {
        var (mini, all) = (NewBudget("mini", models: ["gpt-mini*"]), NewBudget("all"));
        await using var fixture = await OpenAsync(mini, all);
        var call = await fixture.AdmitAsync(Request(0.5m, mini, all));
        await fixture.Store.SettleAsync(call, Settlement(0.4m, model: "claude"));
        (fixture.Read(mini).Settled, fixture.Read(mini).Reserved).ShouldBe((0m, 0m));
        fixture.Read(all).Settled.ShouldBe(0.4m);
    }

    [Fact]
    public async Task Accrue_BeyondTheReservation_RaisesIt()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var call = await fixture.AdmitAsync(Request(0.5m, budget));
        fixture.Store.Accrue(call, Money.FromDecimal(0.3m), 10);
        fixture.Read(budget).Reserved.ShouldBe(0.5m);
        fixture.Store.Accrue(call, Money.FromDecimal(1.2m), 20);
        fixture.Read(budget).Reserved.ShouldBe(1.2m);
        await fixture.Store.SettleAsync(call, Settlement(1.3m));
        fixture.Store.Accrue(call, Money.FromDecimal(9m), 30);
        fixture.Read(budget).Reserved.ShouldBe(0m);
    }

    [Fact]
    public async Task Reserve_AbsurdAmounts_NeitherOverflowNorEarn()
    {
        var budget = NewBudget(cost: 9_000_000m, action: BudgetAction.Warn);
        await using var fixture = await OpenAsync(budget);
        var calls = new List<Reservation>();
        for (var i = 0; i < 3000; i++)
            calls.Add(await fixture.AdmitAsync(Request(0m, budget) with { Cost = Money.Max, Tokens = long.MaxValue }));
        foreach (var call in calls)
        {
            fixture.Store.Accrue(call, new(long.MaxValue), long.MaxValue);
            await fixture.Store.SettleAsync(call, Settlement(0m) with { Cost = Money.Max, Usage = new() { Output = long.MaxValue } });
        }

        var negative = await fixture.AdmitAsync(Request(0m, budget) with { Cost = new(-5), Tokens = -5, PromptCost = new(-5) });
        await fixture.Store.SettleAsync(negative, Settlement(0m) with { Usage = new() { Output = -7 } });
        var counter = fixture.Read(budget);
        counter.Settled.ShouldBeGreaterThan(1_000_000_000m);
        counter.Reserved.ShouldBe(0m);
        fixture.Store.SpentBy(Key).Nanos.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Reserve_Cancelled_ReservesNothing()
    {
        var budget = NewBudget();
        await using var fixture = await OpenAsync(budget);
        await Should.ThrowAsync<OperationCanceledException>(
            async () => await fixture.Store.ReserveAsync(Request(0.5m, budget), new CancellationToken(canceled: true)));
        fixture.Read(budget).Reserved.ShouldBe(0m);
    }

    [Fact]
    public async Task Tick_CallWithoutASignOfLife_IsAbandoned_AndALateSettleCorrectsIt()
    {
        var budget = NewBudget(cost: 1m, period: BudgetPeriod.Total);
        await using var fixture = await OpenAsync(budget);
        var lost = await fixture.AdmitAsync(Request(0.8m, budget));
        var alive = await fixture.AdmitAsync(Request(0.1m, budget));
        fixture.Time.Advance(TimeSpan.FromMinutes(119));
        fixture.Store.Accrue(alive, Money.FromDecimal(0.01m), 1);
        fixture.Store.Tick();
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        fixture.Store.Tick();
        (fixture.Read(budget).Settled, fixture.Read(budget).Reserved).ShouldBe((0.2m, 0.1m));

        await fixture.Store.SettleAsync(lost, Settlement(0.15m));
        await fixture.Store.SettleAsync(lost, Settlement(0.7m));
        fixture.Read(budget).Settled.ShouldBe(0.15m);
        fixture.Store.SpentBy(Key).ShouldBe(Money.FromDecimal(0.15m));
        await fixture.CrashAsync(budget);
        fixture.Read(budget).Settled.ShouldBe(0.15m + 0.025m);
    }

    [Fact]
    public async Task Settle_AfterTheStoreWasClosed_Counts_AndTheNextStartAbandonsTheCall()
    {
        var budget = NewBudget(cost: 1m);
        await using var fixture = await OpenAsync(budget);
        var call = await fixture.AdmitAsync(Request(0.8m, budget));
        await fixture.Store.DisposeAsync();
        await fixture.Store.SettleAsync(call, Settlement(0.5m));
        fixture.Read(budget).Settled.ShouldBe(0.5m);
        await fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(0.1m, budget));
        await fixture.AdmitAsync(Request(0.1m));
        await fixture.CrashAsync(budget);
        fixture.Read(budget).Settled.ShouldBe(0.2m);
    }
}
