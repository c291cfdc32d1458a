using Gateway.Contract;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using static Gateway.Tests.Budget.Contract.SpendSamples;
using static Gateway.Tests.Budget.StoreFixture;

namespace Gateway.Tests.Budget;

public sealed class BudgetChangesTests
{
    [Fact]
    public async Task Apply_LongerPeriod_IsSeededFromAllSegmentsSinceItsStart()
    {
        var (day, month) = (NewBudget(period: BudgetPeriod.Daily), NewBudget(period: BudgetPeriod.Monthly));
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
    public async Task Apply_LedgerThatCannotBeReadNow_IsSeededOnceItCan()
    {
        var (day, month) = (NewBudget(period: BudgetPeriod.Daily), NewBudget(period: BudgetPeriod.Monthly));
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

    [Fact]
    public async Task CallsThatEndWhileABudgetIsCountedAnew_AreAllCountedOnce()
    {
        BudgetModel[] definitions = [NewBudget(cost: 1_000m), NewBudget(cost: 1_000m, period: BudgetPeriod.Weekly)];
        await using var fixture = await OpenAsync(definitions[0]);
        await SpendAsync(3_000);
        for (var round = 1; round <= 20; round++)
        {
            var now = definitions[round % 2];
            var spending = Task.Run(() => SpendAsync(200), TestContext.Current.CancellationToken);
            fixture.Store.Apply([now]);
            await spending;
            fixture.Read(now).Settled.ShouldBe((3_000 + (round * 200)) * 0.01m);
        }

        async Task SpendAsync(int calls)
        {
            for (var i = 0; i < calls; i++)
                await fixture.SpendAsync(0.01m, definitions[0]);
        }
    }
}
