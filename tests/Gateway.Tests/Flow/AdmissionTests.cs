using System.Net;
using Gateway.Contract;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>Keys, models, limits and budgets: who gets in, and what those hear who do not.</summary>
public sealed class AdmissionTests
{
    private const string Body = """{"model":"sim","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}""";

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sk-unknown")]
    [InlineData("sk-test-0123456789x")]
    public async Task NoOrUnknownKey_Is401(string? key)
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.PostAsync("/v1/chat/completions", Body, key);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var error = (await response.JsonAsync())["error"]!;
        error["type"]!.GetValue<string>().ShouldBe("authentication_error");
        error["code"]!.GetValue<string>().ShouldBe("invalid_api_key");
    }

    [Theory]
    [InlineData("authorization", "Bearer ")]
    [InlineData("authorization", "bearer ")]
    [InlineData("x-api-key", "")]
    [InlineData("api-key", "")]
    [InlineData("x-goog-api-key", "")]
    [InlineData("x-litellm-api-key", "")]
    [InlineData("Ocp-Apim-Subscription-Key", "")]
    public async Task KeyInAnyHeader_IsTaken(string header, string prefix)
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.SendAsync(
            HttpMethod.Post, "/v1/chat/completions", Body, null, (header, prefix + GatewayUnderTest.Key));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task KeyInTheQuery_IsTaken()
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.PostAsync("/v1/chat/completions?key=" + GatewayUnderTest.Key, Body, null);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task SeveralKeys_TheFirstKnownOneDecides()
    {
        await using var gateway = await StartAsync(c => c with
        {
            Keys = [.. c.Keys, TestConfig.KeyOf("blocked", "sk-blocked") with { State = KeyState.Blocked }],
        });

        using var good = await gateway.SendAsync(
            HttpMethod.Post, "/v1/chat/completions", Body, "sk-unknown", ("x-api-key", GatewayUnderTest.Key), ("api-key", "sk-blocked"));
        using var bad = await gateway.SendAsync(
            HttpMethod.Post, "/v1/chat/completions", Body, "sk-blocked", ("x-api-key", GatewayUnderTest.Key));

        good.StatusCode.ShouldBe(HttpStatusCode.OK);
        bad.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await bad.JsonAsync())["error"]!["code"]!.GetValue<string>().ShouldBe("blocked_key");
    }

    [Fact]
    public async Task ExpiredKey_Is401()
    {
        await using var gateway = await StartAsync(
            c => c with { Keys = [c.Keys[0] with { ExpirationTime = DateTimeOffset.UtcNow.AddSeconds(-1) }] });

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await response.JsonAsync())["error"]!["code"]!.GetValue<string>().ShouldBe("expired_key");
    }

    [Fact]
    public async Task OverlapOfARotationIsOver_OldFormIs401AndTheNewOneWorks()
    {
        await using var gateway = await StartAsync(c => c with
        {
            Keys =
            [
                c.Keys[0] with
                {
                    Hashes =
                    [
                        c.Keys[0].Hashes[0] with { ExpirationTime = DateTimeOffset.UtcNow.AddSeconds(-1) },
                        TestConfig.KeyOf("x", "sk-new").Hashes[0],
                    ],
                },
            ],
        });

        using var old = await gateway.PostAsync("/v1/chat/completions", Body);
        using var fresh = await gateway.PostAsync("/v1/chat/completions", Body, "sk-new");

        old.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        fresh.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task UnknownModel_Is404()
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.PostAsync("/v1/chat/completions", Body.Replace("sim", "nope", StringComparison.Ordinal));

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.JsonAsync())["error"]!["code"]!.GetValue<string>().ShouldBe("model_not_found");
    }

    [Theory]
    [InlineData("key")]
    [InlineData("ceiling")]
    public async Task ModelNotAllowed_Is403AndNotListed(string by)
    {
        await using var gateway = await StartAsync(c => by == "key"
            ? c with { Keys = [c.Keys[0] with { Models = ["other-*"] }] }
            : c with { Settings = c.Settings with { AllowedModels = ["other-*"] } });

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);
        using var list = await gateway.GetAsync("/v1/models");
        using var one = await gateway.GetAsync("/v1/models/sim");

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.JsonAsync())["error"]!["code"]!.GetValue<string>().ShouldBe("key_model_access_denied");
        (await list.JsonAsync())["data"]!.AsArray().ShouldBeEmpty();
        one.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task RequestsPerMinute_SecondIs429WithItsHeaders()
    {
        await using var gateway = await StartAsync(c => c with { Keys = [c.Keys[0] with { Limits = new() { RequestsPerMinute = 1 } }] });

        // A minute may end between the two; then it is the next pair.
        HttpResponseMessage second;
        do
        {
            using var first = await gateway.PostAsync("/v1/chat/completions", Body);
            second = await gateway.PostAsync("/v1/chat/completions", Body);
        }
        while (second.StatusCode == HttpStatusCode.OK);

        second.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        second.Header("x-ratelimit-limit-requests").ShouldBe("1");
        second.Header("x-ratelimit-remaining-requests").ShouldBe("0");
        second.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 60);
        (await second.JsonAsync())["error"]!["code"]!.GetValue<string>().ShouldBe("rate_limit_exceeded");
        second.Dispose();
    }

    [Fact]
    public async Task MaxParallelRequests_IsFreedWhenACallEnds()
    {
        var release = new TaskCompletionSource();
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await release.Task;
            await call.JsonAsync(new OpenAiAnswer().ToChatJson());
        });
        var config = TestConfig.Of(TestConfig.Route("sim", TestConfig.OpenAI(provider.BaseUrl)));
        await using var gateway = await GatewayUnderTest.StartAsync(
            config with { Keys = [config.Keys[0] with { Limits = new() { MaxParallelRequests = 1 } }] });

        var running = gateway.PostAsync("/v1/chat/completions", Body);
        await provider.NextCallAsync(TestContext.Current.CancellationToken);
        using var refused = await gateway.PostAsync("/v1/chat/completions", Body);
        release.SetResult();
        using var first = await running;
        await first.TextAsync();
        await gateway.SettledAsync();
        using var later = await gateway.PostAsync("/v1/chat/completions", Body);

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Header("rate_limit_type").ShouldBe("concurrent_requests");
        later.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/v1/chat/completions", false)]
    [InlineData("/v1/messages", true)]
    public async Task SpentBudget_Is429AndNamesBudgetLimitAndReset(string path, bool sendsRetryAfter)
    {
        await using var gateway = await StartAsync(c => c with { Budgets = [c.Budgets[0] with { Cost = 0, Period = BudgetPeriod.Daily }] });

        using var response = await gateway.PostAsync(path, Body);

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Header("x-should-retry").ShouldBe("false");
        response.Header("x-gateway-budget-reset").ShouldNotBeNull();
        (response.Headers.RetryAfter is not null).ShouldBe(sendsRetryAfter);
        var message = (await response.JsonAsync())["error"]!["message"]!.GetValue<string>();
        message.ShouldContain("default/all");
        message.ShouldContain("0 USD");
        message.ShouldContain("resets at");
    }

    [Theory]
    [InlineData(UnpricedModels.Reject, BudgetAction.Block, HttpStatusCode.Forbidden)]
    [InlineData(UnpricedModels.Allow, BudgetAction.Block, HttpStatusCode.OK)]
    [InlineData(UnpricedModels.Reject, BudgetAction.Warn, HttpStatusCode.OK)]
    public async Task UnpricedModelUnderACostBudget_FollowsThePolicy(UnpricedModels policy, BudgetAction action, HttpStatusCode expected)
    {
        await using var gateway = await StartAsync(c => c with
        {
            Settings = c.Settings with { UnpricedModels = policy },
            Budgets = [c.Budgets[0] with { Action = action }],
            Routes = [TestConfig.Route("sim", new TargetConfig { Name = "sim", Provider = Provider.Simulated })],
        });

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(expected);
        response.Header("x-litellm-response-cost").ShouldBeNull();
    }

    [Fact]
    public async Task UnpricedModelWithoutACostBudget_IsServedAndCounted()
    {
        await using var gateway = await StartAsync(c => c with
        {
            Budgets = [],
            Routes = [TestConfig.Route("sim", new TargetConfig { Name = "sim", Provider = Provider.Simulated })],
        });

        using var response = await gateway.PostAsync("/v1/chat/completions", Body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.MetricsAsync()).ShouldContain("unpriced");
    }

    [Fact]
    public async Task SixtyFourClientsHammerOneDollar_WithCaps_NeverAboveAndNearlyAllOfIt()
    {
        // Each call costs 0.01 USD: 5,000 tokens at 2 per million. What a call reserves is a little more, for its prompt's estimate.
        await using var gateway = await StartAsync(c => c with
        {
            Budgets = [c.Budgets[0] with { Cost = 1 }],
            Routes = [TestConfig.Route(
                "sim",
                new TargetConfig
                {
                    Name = "sim",
                    Provider = Provider.Simulated,
                    Price = "price",
                    Simulated = new() { PromptTokens = 1, CompletionTokens = 5_000 },
                })],
        });
        var body = Body.Replace("16", "5000", StringComparison.Ordinal);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            while (true)
            {
                using var response = await gateway.PostAsync("/v1/chat/completions", body);
                await response.TextAsync();
                if (response.Header("x-should-retry") == "false")
                    return;
            }
        }));

        var counter = await gateway.SettledAsync();
        counter.Settled.ShouldBeLessThanOrEqualTo(1m);
        counter.Settled.ShouldBeGreaterThan(1m - 0.0101m);
    }

    [Theory]
    [InlineData(Body, "budget_exceeded", 429, "sim", "default/route-sim")]
    [InlineData("""{"model":"other","messages":[]}""", "model_not_found", 404, "other", "")]
    [InlineData("{", "invalid_request_error", 400, "", "")]
    public async Task RefusedCall_HasARowThatSaysWhy(string body, string error, int status, string model, string route)
    {
        await using var gateway = await StartAsync(c => c with { Budgets = [c.Budgets[0] with { Cost = 0 }] });

        using var response = await gateway.PostAsync("/v1/chat/completions", body, headers: ("x-litellm-customer-id", "ann"));

        ((int)response.StatusCode).ShouldBe(status);
        var row = await gateway.LedgerRowAsync("Refused");
        ((string?)row["callId"]).ShouldBe(response.Header("x-litellm-call-id"));
        ((string?)row["key"]).ShouldBe("default/key");
        ((string?)row["facts"]!["model"], (string?)row["facts"]!["route"]).ShouldBe((model, route));
        ((string?)row["facts"]!["endUser"]).ShouldBe("ann");
        ((string?)row["settlement"]!["error"], (int?)row["settlement"]!["httpStatus"]).ShouldBe((error, status));
        ((long?)row["costNanos"]).ShouldBe(0);
    }

    [Fact]
    public async Task BlockedKey_LeavesARow_AndAnUnknownOneNone()
    {
        await using var gateway = await StartAsync(c => c with { Keys = [c.Keys[0] with { State = KeyState.Blocked }] });

        using var unknown = await gateway.PostAsync("/v1/chat/completions", Body, "sk-unknown");
        using var blocked = await gateway.PostAsync("/v1/chat/completions", Body);

        var row = await gateway.LedgerRowAsync("Refused");
        ((string?)row["key"], (string?)row["settlement"]!["error"]).ShouldBe(("default/key", "blocked_key"));
        ((string?)row["callId"]).ShouldBe(blocked.Header("x-litellm-call-id"));
    }

    private static Task<GatewayUnderTest> StartAsync(Func<ConfigSnapshot, ConfigSnapshot>? change = null)
    {
        var config = TestConfig.Of(
            TestConfig.Route("sim", new TargetConfig { Name = "sim", Provider = Provider.Simulated, Price = "price" }));
        return GatewayUnderTest.StartAsync(change is null ? config : change(config));
    }
}
