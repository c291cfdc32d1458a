using Gateway.Server.Budget;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Gateway.Tests.Budget.Contract;

/// <content>A key's limits.</content>
public abstract partial class SpendStoreContract
{
    [Fact]
    public async Task The_request_after_the_last_of_the_minute_is_told_when_the_next_begins()
    {
        await using var fixture = await OpenAsync();
        await fixture.AwaitMinuteAsync();
        var request = Limited(new() { RequestsPerMinute = 2 });
        var (first, second) = (await fixture.AdmitAsync(request), await fixture.AdmitAsync(request));
        (first.Requests!.Value.Remaining, second.Requests!.Value.Remaining).ShouldBe((1, 0));
        var refusal = await fixture.RefuseAsync<ReserveRefusal.RateLimited>(request);
        (refusal.LimitType, refusal.State, refusal.CanEverFit).ShouldBe(("requests", second.Requests.Value, true));
        (refusal.State.Limit, refusal.State.ResetTime).ShouldBe((2, MinuteEnd(second.StartedAt)));
        await fixture.AdmitAsync(request with { KeyId = OtherKey });
    }

    [Fact]
    public async Task Refused_calls_do_not_count_against_any_limit()
    {
        await using var fixture = await OpenAsync();
        await fixture.AwaitMinuteAsync();
        var request = Limited(new() { RequestsPerMinute = 2, TokensPerMinute = 150, MaxParallelRequests = 2 });
        var first = await fixture.AdmitAsync(request);
        for (var i = 0; i < 5; i++)
            (await fixture.RefuseAsync<ReserveRefusal.RateLimited>(request)).LimitType.ShouldBe("tokens");
        await fixture.SettleAsync(first, Settlement(0m));
        (await fixture.AdmitAsync(request)).Requests!.Value.Remaining.ShouldBe(0);
    }

    [Fact]
    public async Task The_tokens_that_a_call_used_stand_in_its_minute_for_those_it_reserved()
    {
        await using var fixture = await OpenAsync();
        await fixture.AwaitMinuteAsync();
        var request = Limited(new() { TokensPerMinute = 250 });
        var call = await fixture.AdmitAsync(request);
        call.Tokens.ShouldBe(new LimitState(250, 150, MinuteEnd(call.StartedAt)));
        await fixture.SettleAsync(call, Settlement(0m, tokens: 30));
        (await fixture.AdmitAsync(request)).Tokens!.Value.Remaining.ShouldBe(120);
    }

    [Fact]
    public async Task A_call_larger_than_the_limit_itself_is_told_that_it_never_fits()
    {
        await using var fixture = await OpenAsync();
        var refusal = await fixture.RefuseAsync<ReserveRefusal.RateLimited>(Limited(new() { TokensPerMinute = 99 }));
        (refusal.LimitType, refusal.Requested, refusal.State.Remaining, refusal.CanEverFit).ShouldBe(("tokens", 100, 99, false));
    }

    [Fact]
    public async Task Parallel_calls_are_counted_while_they_live()
    {
        await using var fixture = await OpenAsync();
        var request = Limited(new() { MaxParallelRequests = 1 });
        var call = await fixture.AdmitAsync(request);
        (await fixture.RefuseAsync<ReserveRefusal.RateLimited>(request)).LimitType.ShouldBe("concurrent_requests");
        await fixture.SettleAsync(call, Settlement(0m));
        await fixture.AdmitAsync(request);
    }

    [Fact]
    public async Task Of_several_limits_requests_are_named_first_then_tokens_then_parallel_calls()
    {
        await using var fixture = await OpenAsync();
        await fixture.AwaitMinuteAsync();
        await fixture.AdmitAsync(Request(0m));
        (await NamedAsync(1, 100, 1)).ShouldBe("requests");
        (await NamedAsync(2, 100, 1)).ShouldBe("tokens");
        (await NamedAsync(2, 200, 1)).ShouldBe("concurrent_requests");

        async Task<string> NamedAsync(long requests, long tokens, int parallel) =>
            (await fixture.RefuseAsync<ReserveRefusal.RateLimited>(Limited(
                new() { RequestsPerMinute = requests, TokensPerMinute = tokens, MaxParallelRequests = parallel }))).LimitType;
    }

    [Fact]
    public async Task A_key_without_limits_has_no_state_to_show()
    {
        await using var fixture = await OpenAsync();
        var call = await fixture.AdmitAsync(Request(0m));
        (call.Requests, call.Tokens).ShouldBe((null, null));
    }

    [Fact]
    public async Task Parallel_calls_of_a_process_that_died_are_free_again()
    {
        await using var fixture = await OpenAsync();
        var request = Limited(new() { MaxParallelRequests = 1 });
        await fixture.AdmitAsync(request);
        await fixture.CrashAsync();
        await fixture.AdmitAsync(request);
        await fixture.RefuseAsync<ReserveRefusal.RateLimited>(request);
    }

    private static DateTimeOffset MinuteEnd(DateTimeOffset instant) =>
        DateTimeOffset.FromUnixTimeSeconds(((instant.ToUnixTimeSeconds() / 60) + 1) * 60);
}
