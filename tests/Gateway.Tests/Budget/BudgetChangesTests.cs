using Gateway.Contract;
using Gateway.Server.Budget;
using static Gateway.Tests.Budget.StoreFixture;

namespace Gateway.Tests.Budget;

public sealed class BudgetChangesTests
{
    [Fact]
    public async Task Apply_AnotherLimit_HoldsAtOnce()
    {
        var (budget, lower) = (NewBudget(cost: 1m), NewBudget(cost: 0.5m));
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.5m, budget);
        fixture.Store.Apply([lower]);
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(Request(0.1m, budget));
        fixture.Store.Apply([budget]);
        await fixture.AdmitAsync(Request(0.1m, budget));
    }

    [Fact]
    public async Task Apply_DeletedAndAppliedAgain_ResetsNothing()
    {
        var budget = NewBudget();
        await using var fixture = await OpenAsync(budget);
        await fixture.SpendAsync(0.5m, budget);
        fixture.Store.Apply([]);
        await fixture.RestartAsync();
        fixture.Store.Apply([budget]);
        fixture.Read(budget).Settled.ShouldBe(0.5m);
    }

    [Fact]
    public async Task Apply_NewBudget_BeginsAtZero()
    {
        var (old, added) = (NewBudget("old"), NewBudget("added"));
        await using var fixture = await OpenAsync(old);
        await fixture.SpendAsync(0.5m, old);
        fixture.Store.Apply([old, added]);
        fixture.Read(added).Settled.ShouldBe(0m);
    }

    [Fact]
    public async Task Apply_LongerPeriod_IsSeededFromTheLedgerSinceItsStart()
    {
        var (day, month) = (NewBudget(), NewBudget(period: BudgetPeriod.Monthly));
        await using var fixture = await OpenAsync(day);
        fixture.Options = fixture.Options with { SegmentBytes = 1 };
        await fixture.RestartAsync(day);
        fixture.Time.Now = new(2026, 4, 30, 23, 59, 0, TimeSpan.Zero);
        await fixture.SpendAsync(0.01m, day);
        foreach (var date in new[] { 1, 2, 3 })
        {
            fixture.Time.Now = new(2026, 5, date, 12, 0, 0, TimeSpan.Zero);
            fixture.Store.Tick();
            await fixture.SpendAsync(0.1m, day);
        }

        fixture.Store.Apply([month]);
        fixture.Read(month).Settled.ShouldBe(0.3m);
        await fixture.CrashAsync(month);
        fixture.Read(month).Settled.ShouldBe(0.3m);
    }

    [Fact]
    public async Task Apply_AnotherZone_CountsWhatIsInItsPeriod()
    {
        var (utc, kolkata) = (NewBudget(), NewBudget(zone: "Asia/Kolkata"));
        await using var fixture = await OpenAsync(utc);
        fixture.Time.Now = new(2026, 5, 6, 18, 0, 0, TimeSpan.Zero);
        await fixture.SpendAsync(0.1m, utc);
        fixture.Time.Now = new(2026, 5, 6, 19, 0, 0, TimeSpan.Zero);
        await fixture.SpendAsync(0.2m, utc);
        fixture.Store.Apply([kolkata]);
        fixture.Read(kolkata).Settled.ShouldBe(0.2m);
    }

    [Fact]
    public async Task Apply_PerKeyInsteadOfShared_GivesEachKeyItsOwn_AndBack()
    {
        var (shared, perKey) = (NewBudget(), NewBudget(perKey: true));
        await using var fixture = await OpenAsync(shared);
        await fixture.SpendAsync(0.1m, shared);
        var other = await fixture.AdmitAsync(Request(0.2m, shared) with { KeyId = "team/other" });
        await fixture.Store.SettleAsync(other, Settlement(0.2m));
        fixture.Store.Apply([perKey]);
        fixture.Store.Read([perKey]).Select(c => (c.Key, c.Settled)).ShouldBe([(Key, 0.1m), ("team/other", 0.2m)], ignoreOrder: true);
        fixture.Store.Apply([shared]);
        fixture.Read(shared).Settled.ShouldBe(0.3m);
    }

    [Fact]
    public async Task Apply_TokensInsteadOfCost_CountsTheTokensOfTheSameCalls()
    {
        var (cost, tokens) = (NewBudget(cost: 5m), NewBudget(tokens: 1000));
        await using var fixture = await OpenAsync(cost);
        await fixture.SpendAsync(0.1m, cost);
        await fixture.SpendAsync(0.1m, cost);
        fixture.Store.Apply([tokens]);
        fixture.Read(tokens).Settled.ShouldBe(100m);
    }

    [Fact]
    public async Task Apply_WhileCallsAreLive_TheyMoveOver()
    {
        var (day, week) = (NewBudget(cost: 1m), NewBudget(cost: 1m, period: BudgetPeriod.Weekly));
        await using var fixture = await OpenAsync(day);
        var live = await fixture.AdmitAsync(Request(0.8m, day));
        fixture.Store.Apply([week]);
        fixture.Read(week).Reserved.ShouldBe(0.8m);
        await fixture.RefuseAsync<ReserveRefusal.BudgetReserved>(Request(0.3m, week));
        await fixture.Store.SettleAsync(live, Settlement(0.7m));
        (fixture.Read(week).Settled, fixture.Read(week).Reserved).ShouldBe((0.7m, 0m));
        await fixture.CrashAsync(week);
        fixture.Read(week).Settled.ShouldBe(0.7m);
    }

    [Fact]
    public async Task Apply_CallFromBeforeThePeriod_StaysInItsOwn()
    {
        var (month, day) = (NewBudget(period: BudgetPeriod.Monthly), NewBudget());
        await using var fixture = await OpenAsync(month);
        var live = await fixture.AdmitAsync(Request(0.8m, month));
        fixture.Time.Advance(TimeSpan.FromDays(1));
        fixture.Store.Apply([day]);
        await fixture.Store.SettleAsync(live, Settlement(0.7m));
        (fixture.Read(day).Settled, fixture.Read(day).Reserved).ShouldBe((0m, 0m));
    }

    [Fact]
    public async Task Open_DefinitionChangedMeanwhile_IsSeeded()
    {
        var (day, month) = (NewBudget(), NewBudget(period: BudgetPeriod.Monthly));
        await using var fixture = await OpenAsync(day);
        await fixture.SpendAsync(0.1m, day);
        await fixture.AdmitAsync(Request(0.4m, day));
        fixture.Time.Advance(TimeSpan.FromDays(1));
        await fixture.CrashAsync(month);
        fixture.Read(month).Settled.ShouldBe(0.2m);
    }

    [Fact]
    public async Task Apply_LedgerThatCannotBeReadNow_IsSeededOnceItCan()
    {
        var (day, month) = (NewBudget(), NewBudget(period: BudgetPeriod.Monthly));
        await using var fixture = await OpenAsync(day);
        fixture.Options = fixture.Options with { SegmentBytes = 1 };
        await fixture.RestartAsync(day);
        await fixture.SpendAsync(0.1m, day);
        fixture.Store.Tick();
        fixture.Time.Advance(TimeSpan.FromDays(1));
        await fixture.SpendAsync(0.2m, day);

        // A name that leads nowhere: listed, but not to be opened.
        var segment = fixture.Segments()[0];
        File.Move(segment, segment + ".away");
        File.CreateSymbolicLink(segment, segment + ".missing");
        fixture.Store.Apply([month]);
        await fixture.SpendAsync(0.3m, month);
        File.Delete(segment);
        File.Move(segment + ".away", segment);
        fixture.Store.Tick();
        fixture.Read(month).Settled.ShouldBe(0.6m);
    }

    [Fact]
    public async Task Reserve_ConfigOfBeforeTheChange_IsCountedByTheNewDefinition()
    {
        var (day, week) = (NewBudget(cost: 1m), NewBudget(cost: 1m, period: BudgetPeriod.Weekly));
        await using var fixture = await OpenAsync(day);
        fixture.Store.Apply([week]);
        await fixture.SpendAsync(1m, day);
        fixture.Read(week).Settled.ShouldBe(1m);
    }

    [Fact]
    public async Task Settle_AbandonedUnderAnotherUnit_LeavesTheNewCounterAlone()
    {
        var (cost, tokens) = (NewBudget(cost: 5m), NewBudget(tokens: 1000));
        await using var fixture = await OpenAsync(cost);
        var lost = await fixture.AdmitAsync(Request(0.4m, cost));
        fixture.Time.Advance(TimeSpan.FromHours(2));
        fixture.Store.Tick();
        fixture.Store.Apply([tokens]);
        fixture.Read(tokens).Settled.ShouldBe(20m);
        await fixture.Store.SettleAsync(lost, Settlement(0.01m));
        fixture.Read(tokens).Settled.ShouldBe(20m);
    }
}
