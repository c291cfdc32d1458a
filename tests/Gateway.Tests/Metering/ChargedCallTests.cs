using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Support;
using Support.FakeProviders;

namespace Gateway.Tests.Metering;

/// <summary>
/// What a row of the ledger says of an answer, through a whole gateway. A case has the request's <c>path</c> and body, a <c>price</c>
/// (missing: that of <c>price.json</c>; null: none), the upstream's whole <c>answer</c>, its <c>events</c>, or both.
/// </summary>
public sealed class ChargedCallTests
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Gateway.Tests/Metering/calls");

    /// <summary>Streams escape what they can, whole answers what they must.</summary>
    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Cases() => [.. Directory.GetDirectories(s_cases).Select(path => Path.GetFileName(path)!).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_call_is_charged_as_expected_and_streamed_like_unstreamed(string name)
    {
        var folder = Path.Combine(s_cases, name);
        var input = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "input.json")))!.AsObject();
        var whole = input["answer"] is { } answer ? await RunAsync(input, Answers.Json(answer.ToJsonString(s_plain)), stream: false) : null;
        var streamed = input["events"] is JsonArray events ? await RunAsync(input, Stream(input, events), stream: true) : null;

        if (whole is not null && streamed is not null)
            streamed.ShouldBe(whole);
        GoldenFile.Difference(Path.Combine(folder, "expected.txt"), whole ?? streamed!).ShouldBeNull();
    }

    private static async Task<string> RunAsync(JsonObject input, Func<FakeCall, Task> answer, bool stream)
    {
        var path = (string)input["path"]!;
        await using var provider = await FakeProvider.StartAsync(answer);
        var target = path == "/v1/messages" ? TestConfig.Anthropic(provider.BaseUrl) : TestConfig.OpenAI(provider.BaseUrl);
        await using var gateway = await GatewayUnderTest.StartAsync(Config(input, target));
        var request = input["request"]!.DeepClone().AsObject();
        request["model"] = "m";
        if (stream)
            request["stream"] = true;

        using var response = await gateway.PostAsync(path, request.ToJsonString());
        await response.TextAsync();

        var row = await gateway.LedgerRowAsync();
        var cost = (long)row["costNanos"]! / 1_000_000_000m;
        (await gateway.SettledAsync()).Settled.ShouldBe((string?)row["settlement"]!["currency"] == "EUR" ? 0 : cost);
        return Describe(row);
    }

    private static ConfigSnapshot Config(JsonObject input, TargetConfig target)
    {
        var isPriced = !input.TryGetPropertyValue("price", out var price) || price is not null;
        price ??= JsonNode.Parse(File.ReadAllText(Path.Combine(s_cases, "price.json")));
        var config = TestConfig.Of(TestConfig.Route("m", isPriced ? target : target with { Price = null }));
        return config with
        {
            Settings = config.Settings with { UnpricedModels = UnpricedModels.Allow },
            Prices = [price.Deserialize<PriceConfig>(ContractJson.Default.ConfigSnapshot.Options)!],
        };
    }

    private static Func<FakeCall, Task> Stream(JsonObject input, JsonArray events)
    {
        var isChat = ((string)input["path"]!).EndsWith("/completions", StringComparison.Ordinal);
        var frames = events.Select(e => isChat ? $"data: {e!.ToJsonString()}\n\n" : $"event: {e!["type"]}\ndata: {e.ToJsonString()}\n\n");
        if (input.ContainsKey("cut"))
            return Answers.EventsThen(frames, StreamEnd.Reset);
        return call => call.EventsAsync(isChat ? [.. frames, "data: [DONE]\n\n"] : frames);
    }

    /// <summary>What is not reported is left out.</summary>
    private static string Describe(JsonObject row)
    {
        var settlement = row["settlement"]!;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"cost       {(long)row["costNanos"]! / 1_000_000_000m:0.#########}");
        text.Append((bool?)settlement["unpriced"] == true ? " unpriced" : $" {settlement["currency"]} by {settlement["priceVersion"]}");
        text.Append(CultureInfo.InvariantCulture, $"\ntokens     {row["tokens"]}\nstatus     {settlement["status"]}\n");
        foreach (var (name, value) in settlement["usage"]!.AsObject().Where(m => m.Key != "raw"))
            text.Append(CultureInfo.InvariantCulture, $"{name,-14} {value}\n");
        return text.ToString();
    }
}
