using System.Security.Cryptography;
using System.Text;
using Gateway.Contract;
using Support.FakeProviders;

namespace Integration.Tests.Gateway;

public sealed class KillTests
{
    private const string Key = "sk-integration";
    private const int Answered = 40;
    private const int InFlight = 8;

    [Fact]
    public async Task KilledInTheMiddleOfLoad_AnsweredCallsAreSpentAndThoseInFlightAreChargedOnce()
    {
        var folder = Directory.CreateTempSubdirectory("kill-");
        await using var provider = await FakeProvider.StartAsync(call => call.BodyText.Contains("hold", StringComparison.Ordinal)
            ? call.StallAsync()
            : call.JsonAsync(new OpenAiAnswer { PromptTokens = 1000, CompletionTokens = 500 }.ToChatJson()));
        var config = Config(provider.BaseUrl);
        var held = new List<Task>();
        await using (var gateway = await GatewayChild.StartAsync(folder.FullName))
        {
            await gateway.PushAsync(config);
            for (var i = 0; i < InFlight; i++)
                held.Add(SwallowAsync(gateway.ChatAsync(Key, Body("hold"))));
            for (var i = 0; i < InFlight; i++)
                await provider.NextCallAsync(TestContext.Current.CancellationToken);
            await Task.WhenAll(Enumerable.Range(0, Answered).Select(async _ =>
            {
                using var response = await gateway.ChatAsync(Key, Body("hi"));
                response.EnsureSuccessStatusCode();
            }));
            await gateway.KillAsync();
        }

        await Task.WhenAll(held);
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

        var ledger = string.Concat(Directory.GetFiles(Path.Combine(folder.FullName, "state", "journal"), "*.jsonl").Order(StringComparer.Ordinal).Select(File.ReadAllText));
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

    private static ConfigSnapshot Config(string baseUrl)
    {
        static ObjectReference Reference(string kind, string name) => new() { Kind = kind, Namespace = "default", Name = name };
        return new()
        {
            SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
            Gateway = "uid",
            Revision = 1,
            Hash = "",
            Object = Reference("LlmGateway", "test"),
            Settings = new(),
            Routes =
            [
                new()
                {
                    Object = Reference("ModelRoute", "m"),
                    Model = "m",
                    Targets = [new() { Name = "t", Provider = Provider.OpenAICompatible, BaseUrl = baseUrl, Price = "p" }],
                },
            ],
            Keys =
            [
                new()
                {
                    Object = Reference("VirtualKey", "k"),
                    KeyId = "k",
                    Hashes = [new() { Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key))) }],
                    Models = ["*"],
                },
            ],
            Budgets = [new() { Object = Reference("Budget", "b"), Cost = 100, Period = BudgetPeriod.Total }],
            Prices = [new() { Name = "p", Version = "1", Rates = new() { Input = 1, Output = 2 } }],
        };
    }
}
