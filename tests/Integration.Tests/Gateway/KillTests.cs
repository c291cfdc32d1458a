using Gateway.Contract;
using Support.FakeProviders;

namespace Integration.Tests.Gateway;

public sealed class KillTests
{
    private const int Answered = 40;
    private const int InFlight = 8;

    [Fact]
    public async Task KilledInTheMiddleOfLoad_AnsweredCallsAreSpentAndThoseInFlightAreChargedOnce()
    {
        var folder = Directory.CreateTempSubdirectory("kill-");
        await using var provider = await FakeProvider.StartAsync(call => call.BodyText.Contains("hold", StringComparison.Ordinal)
            ? call.StallAsync()
            : call.JsonAsync(new OpenAiAnswer { PromptTokens = 1000, CompletionTokens = 500 }.ToChatJson()));
        var config = GatewayConfigs.Of(GatewayConfigs.Upstream(provider.BaseUrl));
        var held = new List<Task>();
        await using (var gateway = await GatewayChild.StartAsync(folder.FullName))
        {
            await gateway.PushAsync(config);
            for (var i = 0; i < InFlight; i++)
                held.Add(SwallowAsync(gateway.ChatAsync(GatewayConfigs.Key, Body("hold"))));
            for (var i = 0; i < InFlight; i++)
                await provider.NextCallAsync(TestContext.Current.CancellationToken);
            await Task.WhenAll(Enumerable.Range(0, Answered).Select(async _ =>
            {
                using var response = await gateway.ChatAsync(GatewayConfigs.Key, Body("hi"));
                response.EnsureSuccessStatusCode();
            }));
            await gateway.KillAsync();
            await Task.WhenAll(held);
        }

        BudgetCounter counter;
        await using (var again = await GatewayChild.StartAsync(folder.FullName))
        {
            await again.PushAsync(config with { Revision = 2 });
            counter = (await again.StatusAsync()).Budgets.Single();
        }

        // Answered: 1,000 in at 1 and 500 out at 2 per million. In flight: the estimate of the prompt, which is due once a call is sent.
        var perHeld = (counter.Settled - Answered * 0.002m) / InFlight;
        perHeld.ShouldBeGreaterThan(0);
        perHeld.ShouldBeLessThan(0.0001m);
        counter.Reserved.ShouldBe(0);

        var ledger = string.Concat(
            Directory.GetFiles(Path.Combine(folder.FullName, "state", "journal"), "*.jsonl")
                .Order(StringComparer.Ordinal)
                .Select(File.ReadAllText));
        (ledger.Split("\"Abandoned\"").Length - 1).ShouldBe(InFlight);
        (ledger.Split("\"Completed\"").Length - 1).ShouldBe(Answered);
        folder.Delete(recursive: true);
    }

    private static string Body(string text) => $$"""{"model":"m","max_tokens":500,"messages":[{"role":"user","content":"{{text}}"}]}""";

    /// <summary>The connection of a call in flight breaks when the gateway is killed: that is what is meant to happen.</summary>
    private static async Task SwallowAsync(Task<HttpResponseMessage> call)
    {
        var error = await Record.ExceptionAsync(() => call);
        error.ShouldBeOfType<HttpRequestException>();
    }
}
