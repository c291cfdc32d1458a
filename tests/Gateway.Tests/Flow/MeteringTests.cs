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
}
