using System.Collections.Immutable;
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
        await using var provider = await FakeProvider.StartAsync(call => call.EventsAsync([odd, .. answer.ToChatEvents(includeUsage: true)]));
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
        return config with { Prices = config.Prices.Add(new() { Name = "dear", Version = "v1", Rates = new() { Input = 10, Output = 20 } }) };
    }
}
