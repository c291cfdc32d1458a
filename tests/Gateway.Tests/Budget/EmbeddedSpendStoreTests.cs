using Gateway.Server.Budget;
using Gateway.Server.Metering;
using Gateway.Tests.Budget.Contract;
using static Gateway.Tests.Budget.Contract.SpendSamples;
using static Gateway.Tests.Budget.StoreFixture;

namespace Gateway.Tests.Budget;

public sealed class EmbeddedSpendStoreTests
{
    [Fact]
    public async Task Tick_CallWithoutASignOfLife_IsAbandoned_AndALateSettleCorrectsIt()
    {
        var budget = NewBudget(cost: 1m);
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

    [Fact]
    public async Task Reserve_AfterACrash_TheMinuteGoesOnAndParallelCallsAreFree()
    {
        await using var fixture = await OpenAsync();
        var request = Limited(new() { RequestsPerMinute = 2, TokensPerMinute = 1000, MaxParallelRequests = 1 });
        await fixture.AdmitAsync(request);
        await fixture.CrashAsync();
        var call = await fixture.AdmitAsync(request);
        call.Requests!.Value.Remaining.ShouldBe(0);
        call.Tokens!.Value.Remaining.ShouldBe(880);
    }

    [Fact]
    public async Task Refused_MoreThanTheRowsOfAMinute_AreGatheredByWhatTheyWereTold()
    {
        await using var fixture = await OpenAsync();
        var facts = Request(0m).Facts;
        for (var i = 0; i < RefusedCalls.OwnRows + 40; i++)
            fixture.Store.Refused(Refused(facts, i % 4 == 0 ? "rate_limit_exceeded" : "budget_exceeded"));
        fixture.Store.Tick();
        fixture.Rows().Select(r => r.Calls ?? 1).Sum().ShouldBe(RefusedCalls.OwnRows);
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        fixture.Store.Tick();
        fixture.Rows().Skip(RefusedCalls.OwnRows).Select(r => (r.Settlement!.Error, r.Calls))
            .ShouldBe([("rate_limit_exceeded", 10), ("budget_exceeded", 30)], ignoreOrder: true);
        fixture.Store.Refused(Refused(facts));
        await fixture.RestartAsync();
        fixture.Rows().Sum(r => r.Calls ?? 1).ShouldBe(RefusedCalls.OwnRows + 41);
    }

    [Fact]
    public async Task Refused_ManyKeysAtOnce_AreGatheredTogetherBeyondABoundForAll()
    {
        const int keys = (RefusedCalls.MostOwnRows / RefusedCalls.OwnRows) + 10;
        await using var fixture = await OpenAsync();
        for (var i = 0; i < keys * RefusedCalls.OwnRows; i++)
            fixture.Store.Refused(Refused(Request(0m).Facts) with { KeyId = $"team/{i % keys}" });
        fixture.Store.Tick();
        fixture.Rows().Count().ShouldBe(RefusedCalls.MostOwnRows);
        await fixture.RestartAsync();
        fixture.Rows().Sum(r => r.CallCount).ShouldBe(keys * RefusedCalls.OwnRows);
        fixture.Rows().Count().ShouldBeLessThanOrEqualTo(RefusedCalls.MostOwnRows + keys);
    }
}
