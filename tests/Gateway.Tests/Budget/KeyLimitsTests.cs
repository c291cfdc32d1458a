using Gateway.Contract;
using Gateway.Server.Budget;
using static Gateway.Tests.Budget.StoreFixture;

namespace Gateway.Tests.Budget;

public sealed class KeyLimitsTests
{
    private static readonly DateTimeOffset s_minuteEnd = new(2026, 5, 6, 10, 21, 0, TimeSpan.Zero);

    [Fact]
    public async Task Reserve_RequestsOfTheMinuteUsedUp_NamesTheLimitAndItsReset()
    {
        await using var fixture = await OpenAsync();
        var request = Limited(new() { RequestsPerMinute = 2 });
        (await fixture.AdmitAsync(request)).Requests.ShouldBe(new LimitState(2, 1, s_minuteEnd));
        (await fixture.AdmitAsync(request)).Requests.ShouldBe(new LimitState(2, 0, s_minuteEnd));
        var refusal = await fixture.RefuseAsync<ReserveRefusal.RateLimited>(request);
        (refusal.LimitType, refusal.State, refusal.CanEverFit).ShouldBe(("requests", new LimitState(2, 0, s_minuteEnd), true));
        fixture.Time.Now = s_minuteEnd;
        await fixture.AdmitAsync(request);
    }

    [Fact]
    public async Task Reserve_RefusedCalls_DoNotCount()
    {
        await using var fixture = await OpenAsync();
        var request = Limited(new() { RequestsPerMinute = 2, TokensPerMinute = 150 });
        var first = await fixture.AdmitAsync(request);
        for (var i = 0; i < 5; i++)
            (await fixture.RefuseAsync<ReserveRefusal.RateLimited>(request)).LimitType.ShouldBe("tokens");
        await fixture.Store.SettleAsync(first, Settlement(0m));
        await fixture.AdmitAsync(request);
    }

    [Fact]
    public async Task Settle_InTheSameMinute_PutsTheTokensUsedInThePlaceOfTheEstimate()
    {
        await using var fixture = await OpenAsync();
        var request = Limited(new() { TokensPerMinute = 250 });
        var call = await fixture.AdmitAsync(request);
        call.Tokens.ShouldBe(new LimitState(250, 150, s_minuteEnd));
        await fixture.Store.SettleAsync(call, Settlement(0m, tokens: 30));
        (await fixture.AdmitAsync(request)).Tokens.ShouldBe(new LimitState(250, 120, s_minuteEnd));
    }

    [Fact]
    public async Task Settle_InALaterMinute_LeavesThatMinuteAlone()
    {
        await using var fixture = await OpenAsync();
        var request = Limited(new() { TokensPerMinute = 250 });
        var call = await fixture.AdmitAsync(request);
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        await fixture.AdmitAsync(request);
        await fixture.Store.SettleAsync(call, Settlement(0m, tokens: 3000));
        (await fixture.AdmitAsync(request)).Tokens!.Value.Remaining.ShouldBe(50);
    }

    [Fact]
    public async Task Reserve_MoreTokensThanTheLimitItself_SaysThatItNeverFits()
    {
        await using var fixture = await OpenAsync();
        var refusal = await fixture.RefuseAsync<ReserveRefusal.RateLimited>(Limited(new() { TokensPerMinute = 99 }));
        (refusal.Requested, refusal.CanEverFit).ShouldBe((100, false));
    }

    [Fact]
    public async Task Reserve_ParallelCalls_AreCountedWhileTheyLive()
    {
        await using var fixture = await OpenAsync();
        var request = Limited(new() { MaxParallelRequests = 1 });
        var call = await fixture.AdmitAsync(request);
        (await fixture.RefuseAsync<ReserveRefusal.RateLimited>(request)).LimitType.ShouldBe("concurrent_requests");
        await fixture.Store.SettleAsync(call, Settlement(0m));
        await fixture.AdmitAsync(request);
    }

    [Fact]
    public async Task Reserve_KeyWithoutLimits_HasNoState()
    {
        await using var fixture = await OpenAsync();
        var call = await fixture.AdmitAsync(Request(0m));
        (call.Requests, call.Tokens).ShouldBe((null, null));
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
    public async Task Reserve_SpentBudgetAndRateLimit_NamesTheBudget()
    {
        var budget = NewBudget(cost: 0m);
        await using var fixture = await OpenAsync(budget);
        var request = Request(1m, budget) with { Limits = new() { RequestsPerMinute = 0 } };
        await fixture.RefuseAsync<ReserveRefusal.BudgetExceeded>(request);
    }

    private static ReserveRequest Limited(LimitsConfig limits) => Request(0m) with { Limits = limits };
}
