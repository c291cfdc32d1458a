using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Gateway.Contract;
using Support.FakeProviders;

namespace Gateway.Tests.Flow;

/// <summary>What calls are charged when a provider's answer is out of the ordinary.</summary>
public sealed class MeteringTests
{
    private const string StreamBody = """{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public async Task Event_with_half_of_a_surrogate_pair_is_passed_on_and_the_stream_is_metered()
    {
        const string odd = "data: {\"choices\":[],\"service_tier\":\"\\ud800\"}\n\n";
        var answer = new OpenAiAnswer { PromptTokens = 1_000_000, CompletionTokens = 0 };
        await using var provider = await FakeProvider.StartAsync(
            call => call.EventsAsync([odd, .. answer.ToChatEvents(includeUsage: true)]));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", StreamBody);
        var text = await response.TextAsync();

        text.ShouldContain(odd);
        text.ShouldEndWith("data: [DONE]\n\n");
        (await gateway.SettledAsync()).Settled.ShouldBe(1);
    }

    [Fact]
    public async Task Call_under_a_wildcard_costs_what_the_model_costs_that_it_names()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.OpenAi(new() { PromptTokens = 1_000_000, CompletionTokens = 0 }));
        await using var gateway = await GatewayUnderTest.StartAsync(Wildcard(provider));

        using var cheap = await gateway.PostAsync("/v1/chat/completions", BodyFor("any/cheap"));
        using var dear = await gateway.PostAsync("/v1/chat/completions", BodyFor("any/dear"));

        cheap.Header("x-litellm-response-cost").ShouldBe("1");
        dear.Header("x-litellm-response-cost").ShouldBe("10");
        (await gateway.SettledAsync()).Settled.ShouldBe(11);
    }

    [Fact]
    public async Task Model_without_a_price_under_a_priced_wildcard_is_refused_where_a_budget_counts_money()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(Wildcard(provider));

        using var response = await gateway.PostAsync("/v1/chat/completions", BodyFor("any/unheard-of"));

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.JsonAsync())["error"]!["code"]!.GetValue<string>().ShouldBe("model_not_priced");
        provider.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("flex", "0.5", 0)]
    [InlineData("default", "1", 0)]
    [InlineData("scale", "1", 1)]
    public async Task Answer_is_priced_by_the_tier_that_it_reports_and_one_without_rates_is_marked_as_an_estimate(
        string reported, string cost, int estimated)
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.OpenAi(new() { PromptTokens = 1_000_000, CompletionTokens = 0, ServiceTier = reported }));
        await using var gateway = await GatewayUnderTest.StartAsync(Tiered(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl))));

        using var response = await gateway.PostAsync("/v1/chat/completions", BodyFor("m"));
        await response.TextAsync();

        response.Header("x-litellm-response-cost").ShouldBe(cost);

        // Metrics are told of a call when it has ended, which is after its answer.
        while (await EstimatedAsync(gateway) < estimated)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        (await EstimatedAsync(gateway)).ShouldBe(estimated);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fast_answer_of_the_messages_api_costs_its_own_rates(bool stream)
    {
        await using var provider = await FakeProvider.StartAsync(
            Answers.Anthropic(new() { InputTokens = 1_000_000, OutputTokens = 0, Speed = "fast" }));
        await using var gateway = await GatewayUnderTest.StartAsync(Tiered(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl))));

        using var response = await gateway.PostAsync("/v1/messages", stream ? StreamBody : BodyFor("m"));
        await response.TextAsync();

        (await gateway.SettledAsync()).Settled.ShouldBe(6);
    }

    [Fact]
    public async Task Call_that_asks_for_fast_answers_reserves_at_their_rates()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Anthropic());
        await using var gateway = await GatewayUnderTest.StartAsync(
            Tiered(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)), budget: 0.01m));

        // 4,096 answer tokens at 2 USD are within the budget, at 12 USD they are not.
        using var standard = await gateway.PostAsync(
            "/v1/messages", """{"model":"m","max_tokens":4096,"speed":"standard","messages":[]}""");
        using var fast = await gateway.PostAsync(
            "/v1/messages", """{"model":"m","max_tokens":4096,"speed":"fast","service_tier":"auto","messages":[]}""");

        standard.StatusCode.ShouldBe(HttpStatusCode.OK);
        fast.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData(""" "\ud800":1,"choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":100,"completion_tokens":20} """)]
    [InlineData(""" "choices":[{"message":{"content":"hi"}}],"usage":{"\ud800":1,"prompt_tokens":100,"completion_tokens":20} """)]
    [InlineData(""" "choices":[{"message":{"\ud800":"\ud800","type":"\ud800"}}],"usage":{"prompt_tokens":100,"completion_tokens":20} """)]
    [InlineData(""" "choices":[],"service_tier":"\ud800","usage":{"prompt_tokens":100,"completion_tokens":20} """)]
    public async Task Text_that_is_no_unicode_neither_breaks_an_answer_nor_hides_its_usage(string members)
    {
        await using var provider = await FakeProvider.StartAsync(Answers.Json($"{{{members}}}"));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.OpenAI(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"hi"}]}""");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.SettledAsync()).Settled.ShouldBe(0.00014m);
    }

    [Fact]
    public async Task Attempt_that_failed_after_it_reported_usage_is_charged_beside_the_one_that_answered()
    {
        await using var bad = await FakeProvider.StartAsync(Answers.EventsThen(Begun(), StreamEnd.Reset));
        await using var good = await FakeProvider.StartAsync(Answers.Anthropic(new() { InputTokens = 2_000_000, OutputTokens = 0 }));
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route(
                "m", TestConfig.Anthropic(bad.BaseUrl, "bad"), TestConfig.Anthropic(good.BaseUrl, "good") with { Priority = 1 }));

        using var response = await gateway.PostAsync("/v1/messages", StreamBody);
        await response.TextAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.SettledAsync()).Settled.ShouldBe(3.000002m);
    }

    [Fact]
    public async Task Attempt_that_failed_after_it_reported_usage_is_charged_when_no_other_answers()
    {
        await using var provider = await FakeProvider.StartAsync(Answers.EventsThen(Begun(), StreamEnd.Reset));
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));

        using var response = await gateway.PostAsync("/v1/messages", StreamBody);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await gateway.SettledAsync()).Settled.ShouldBe(1.000002m);
    }

    [Fact]
    public async Task Client_that_leaves_a_stream_before_its_first_content_is_charged()
    {
        using var sent = new SemaphoreSlim(0);
        await using var provider = await FakeProvider.StartAsync(async call =>
        {
            await call.EventsAsync(Begun());
            sent.Release();
            await call.StallAsync();
        });
        await using var gateway = await GatewayUnderTest.StartAsync(TestConfig.Route("m", TestConfig.Anthropic(provider.BaseUrl)));

        // Whether the gateway has read what was sent before its client leaves is a race; it wins one of a few.
        var settled = 0m;
        for (var i = 0; i < 100 && settled == 0; i++)
        {
            using var left = new CancellationTokenSource();
            using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Url + "/v1/messages");
            request.Headers.Authorization = new("Bearer", GatewayUnderTest.Key);
            request.Content = new StringContent(StreamBody, null, "application/json");
            var call = gateway.Client.SendAsync(request, left.Token);
            await sent.WaitAsync(TestContext.Current.CancellationToken);
            await left.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(call);
            settled = (await gateway.SettledAsync()).Settled;
        }

        settled.ShouldBeGreaterThan(0);
    }

    /// <summary>A million prompt tokens and one of the answer are reported, and nothing of the answer has come.</summary>
    private static ImmutableArray<string> Begun() => [new AnthropicAnswer { InputTokens = 1_000_000 }.ToEvents()[0]];

    [Theory]
    [InlineData("/v1/chat/completions", """ "user":"ann","safety_identifier":"hash" """, "ann")]
    [InlineData("/v1/chat/completions", """ "safety_identifier":"hash","user":"ann" """, "ann")]
    [InlineData("/v1/chat/completions", """ "safety_identifier":"hash" """, "hash")]
    [InlineData("/v1/messages", """ "metadata":{"user_id":"ann"} """, "ann")]
    [InlineData("/v1/messages", """ "metadata":{"user_id":"ann"} """, "customer", "x-litellm-customer-id", "customer")]
    [InlineData("/v1/messages", """ "stream":false """, null)]
    public async Task Ledger_row_names_gateway_end_user_session_and_tags(
        string path, string members, string? endUser, string header = "x-other", string value = "-")
    {
        await using var gateway = await GatewayUnderTest.StartAsync(
            TestConfig.Route("m", new TargetConfig { Name = "sim", Provider = Provider.Simulated, Price = "price" }));

        using var response = await gateway.PostAsync(
            path,
            $$"""{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}],{{members}}}""",
            headers: [("x-claude-code-session-id", "session-1"), ("x-litellm-tags", "red, blue"), (header, value)]);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var facts = (await gateway.LedgerRowAsync())["facts"]!;
        ((string?)facts["gateway"]).ShouldBe("default/test");
        ((string?)facts["endUser"]).ShouldBe(endUser);
        ((string?)facts["session"]).ShouldBe("session-1");
        facts["tags"]!.AsArray().Select(t => (string?)t).ShouldBe(["red", "blue"]);
    }

    private static async Task<int> EstimatedAsync(GatewayUnderTest gateway) => (await gateway.MetricsAsync())
        .Split('\n')
        .Where(line => line.StartsWith("llm_gateway_estimated_calls_total{", StringComparison.Ordinal))
        .Sum(line => int.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    /// <summary>One million prompt tokens cost 1 USD, 0.5 by <c>flex</c>, 6 by <c>fast</c>.</summary>
    private static ConfigSnapshot Tiered(RouteConfig route, decimal budget = 100)
    {
        var config = TestConfig.Of(route);
        var tiers =
            new Dictionary<string, ServiceTierConfig> { ["flex"] = new() { Multiplier = 0.5m }, ["fast"] = new() { Multiplier = 6 } };
        return config with
        {
            Budgets = [config.Budgets[0] with { Cost = budget }],
            Prices = [config.Prices[0] with { ServiceTiers = tiers.ToImmutableSortedDictionary() }],
        };
    }

    private static string BodyFor(string model) => $$"""{"model":"{{model}}","messages":[{"role":"user","content":"hi"}]}""";

    /// <summary>The caller names the model; <c>dear</c> costs ten times what <c>cheap</c> does.</summary>
    private static ConfigSnapshot Wildcard(FakeProvider provider)
    {
        var config = TestConfig.Of(TestConfig.Route("any/*", TestConfig.OpenAI(provider.BaseUrl) with
        {
            UpstreamModel = "*",
            Price = null,
            Prices = new Dictionary<string, string> { ["cheap"] = "price", ["dear"] = "dear" }.ToImmutableSortedDictionary(),
        }));
        return config with
        {
            Prices = config.Prices.Add(new() { Name = "dear", Version = "v1", Rates = new() { Input = 10, Output = 20 } }),
        };
    }
}
