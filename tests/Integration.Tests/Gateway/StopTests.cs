using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace Integration.Tests.Gateway;

/// <summary>How a gateway ends, by signal and with its parent. Streams come from the simulated provider, a word each half second.</summary>
public sealed class StopTests : IDisposable
{
    private const int DrainSeconds = 34;

    private static readonly TimeSpan s_interrupted = TimeSpan.FromSeconds(5);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stop-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Longer than 30 s behind the grace, because that is where a web host cuts connections by itself.</summary>
    [Fact]
    public async Task Sigterm_IsUnreadyAtOnceAcceptsForTheGraceWaitsForStreamsAndCutsTheRestWithAnErrorThatIsCharged()
    {
        await using var gateway = await StartAsync();
        using var ending = await StreamAsync(gateway, "ending");
        using var endless = await StreamAsync(gateway, "endless");
        var endingText = ending.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var endlessText = endless.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        await gateway.SignalAsync("TERM");
        var told = Stopwatch.StartNew();
        var readiness = await UnreadyAsync(gateway);
        told.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2));
        readiness["status"]!.GetValue<string>().ShouldBe("Draining");
        (await CallAsync(gateway)).ShouldBe(HttpStatusCode.OK);
        while (await CallAsync(gateway) is not null)
            await Task.Delay(100, TestContext.Current.CancellationToken);
        told.Elapsed.ShouldBeInRange(TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(15));

        (await endingText).ShouldEndWith("data: [DONE]\n\n");
        told.Elapsed.ShouldBeGreaterThan(TimeSpan.FromSeconds(41));
        var cut = await endlessText;
        cut.ShouldContain("data: {\"error\":");
        cut.ShouldNotContain("[DONE]");
        (await gateway.ExitAsync(TimeSpan.FromSeconds(10))).ShouldBe(0);

        var rows = Ledger();
        rows.Count(r => r.Contains("\"Completed\"", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(2);
        var charged = rows.Where(r => r.Contains("\"Cut\"", StringComparison.Ordinal)).ShouldHaveSingleItem();
        JsonNode.Parse(charged)!["row"]!["costNanos"]!.GetValue<long>().ShouldBeGreaterThan(60 * 2000);
        rows.ShouldNotContain(r => r.Contains("\"Abandoned\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a signal")]
    [InlineData("the end of its parent")]
    public async Task CtrlC_EndsWithinFiveSecondsAndAnOpenStreamEndsInAnError(string by)
    {
        await using var gateway = await StartAsync();
        using var endless = await StreamAsync(gateway, "endless");
        var text = endless.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        var told = Stopwatch.StartNew();
        if (by == "a signal")
            await gateway.SignalAsync("INT");
        else
            gateway.CloseInput();

        (await gateway.ExitAsync(TimeSpan.FromSeconds(20))).ShouldBe(0);
        told.Elapsed.ShouldBeLessThan(s_interrupted);
        (await text).ShouldContain("data: {\"error\":");
        File.Exists(Path.Combine(_folder.FullName, "state", "addresses.json")).ShouldBeFalse();
    }

    [Fact]
    public async Task SecondSigterm_EndsAtOnce()
    {
        await using var gateway = await StartAsync();
        using var endless = await StreamAsync(gateway, "endless");
        var text = endless.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        await gateway.SignalAsync("TERM");
        await UnreadyAsync(gateway);

        await gateway.SignalAsync("TERM");

        (await gateway.ExitAsync(s_interrupted)).ShouldBe(0);
        (await text).ShouldContain("data: {\"error\":");
    }

    private async Task<GatewayChild> StartAsync()
    {
        var gateway = await GatewayChild.StartAsync(_folder.FullName);
        var config = GatewayConfigs.Of(
            GatewayConfigs.Simulated("now", new()),
            GatewayConfigs.Simulated("ending", new() { ChunkMilliseconds = 500, CompletionTokens = 84 }),
            GatewayConfigs.Simulated("endless", new() { ChunkMilliseconds = 500, CompletionTokens = 10_000 }));
        await gateway.PushAsync(config with { Settings = new() { DrainTimeoutSeconds = DrainSeconds } });
        return gateway;
    }

    /// <summary>Returns when the first words are there.</summary>
    private static async Task<HttpResponseMessage> StreamAsync(GatewayChild gateway, string model)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Data + "/v1/chat/completions")
        {
            Content = new StringContent($$"""{"model":"{{model}}","stream":true,"messages":[{"role":"user","content":"hi"}]}"""),
        };
        request.Headers.Authorization = new("Bearer", GatewayConfigs.Key);
        request.Content.Headers.ContentType = new("application/json");
        var response = await gateway.Client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return response;
    }

    /// <summary>Over a connection of its own. Null: nobody listens any more.</summary>
    private static async Task<HttpStatusCode?> CallAsync(GatewayChild gateway)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        client.DefaultRequestHeaders.Authorization = new("Bearer", GatewayConfigs.Key);
        using var content = new StringContent(
            """{"model":"now","messages":[{"role":"user","content":"hi"}]}""",
            new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        try
        {
            using var response = await client.PostAsync(
                gateway.Data + "/v1/chat/completions", content, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>On the metrics port, which stays open to the end.</summary>
    private static async Task<JsonNode> UnreadyAsync(GatewayChild gateway)
    {
        while (true)
        {
            using var reply = await gateway.Client.GetAsync(gateway.Metrics + "/health/readiness", TestContext.Current.CancellationToken);
            if (reply.StatusCode == HttpStatusCode.ServiceUnavailable)
                return JsonNode.Parse(await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        }
    }

    private List<string> Ledger() =>
    [
        .. Directory.GetFiles(Path.Combine(_folder.FullName, "state", "journal"), "*.jsonl")
            .SelectMany(File.ReadAllLines)
            .Where(l => l.StartsWith("{\"row\"", StringComparison.Ordinal)),
    ];
}
