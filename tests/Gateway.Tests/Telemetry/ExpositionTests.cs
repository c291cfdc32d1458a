using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Gateway.Contract;
using Gateway.Tests.Hosting;
using Support;

namespace Gateway.Tests.Telemetry;

/// <summary>What a scrape reads after a small run whose clock stands still.</summary>
public sealed partial class ExpositionTests : IDisposable
{
    private const string Chat = "/v1/chat/completions";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("metrics-");
    private readonly ManualTimeProvider _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task ScriptedRun_GivesTheGoldenText()
    {
        await using var gateway = await StartAsync();

        var text = await RunAsync(gateway);

        GoldenFile.Difference(
            Path.Combine(GoldenFile.RepositoryRoot, "tests", "Gateway.Tests", "Telemetry", "cases", "scripted-run.prom"),
            Version().Replace(text, "version=\"1.2.3\"")).ShouldBeNull();
    }

    [Fact]
    public async Task EveryLine_FollowsTheTextFormat()
    {
        await using var gateway = await StartAsync();

        Exposition.Parse(await RunAsync(gateway)).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task MetricsPath_SaysWhichFormatItWrites()
    {
        await using var gateway = await StartAsync();

        using var reply = await gateway.SendAsync(HttpMethod.Get, gateway.Addresses.Metrics + "/metrics", token: null);

        reply.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
    }

    [Fact]
    public async Task NamesThatCallersMakeUp_MakeNoSeries()
    {
        await using var gateway = await StartAsync();
        await CallAsync(gateway, Chat, Body("made-up-0"), HttpStatusCode.NotFound);
        var before = await ScrapeAsync(gateway, calls: 1);

        for (var i = 1; i <= 20; i++)
        {
            await CallAsync(gateway, Chat, Body("made-up-" + i), HttpStatusCode.NotFound);
            await CallAsync(gateway, "/openai/deployments/made-up-" + i + "/chat/completions", Body("x"), HttpStatusCode.NotFound);
            await CallAsync(gateway, "/made-up-" + i, "{}", HttpStatusCode.NotFound);
            await CallAsync(gateway, Chat, Body("sim"), HttpStatusCode.Unauthorized, "sk-made-up-" + i);
        }

        var after = await ScrapeAsync(gateway, calls: 41);
        after.ShouldNotContain("made-up");
        // The refused keys are new: their operation is known, their model is not asked for.
        (after.Count(c => c == '\n') - before.Count(c => c == '\n')).ShouldBeLessThanOrEqualTo(40);
    }

    [Fact]
    public async Task RoutesThatAreGone_TakeTheirSeriesAlong()
    {
        await using var gateway = await StartAsync();
        await CallAsync(gateway, Chat, Body("sim"));
        (await ScrapeAsync(gateway, calls: 1)).ShouldContain("model=\"sim\"");

        using var push = await gateway.PutAsync(Snapshot() with { Revision = 2, Routes = [] });

        push.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ScrapeAsync(gateway, calls: 0)).ShouldNotContain("sim\"");
    }

    [Fact]
    public async Task CallThatOutgrowsItsReservation_ShowsAsOvershootOfItsBudget()
    {
        await using var gateway = await StartAsync();

        // 1,000 words at 2 per million, while the config assumes an answer of one.
        await CallAsync(gateway, Chat, Body("long"));

        var status = (await gateway.StatusAsync()).Budgets.Single();
        status.Overshoot.ShouldBeGreaterThan(0);
        (await ScrapeAsync(gateway, calls: 1)).ShouldContain(
            string.Create(
                CultureInfo.InvariantCulture,
                $"llm_gateway_budget_overshoot{{budget=\"default/all\",key=\"\"}} {status.Overshoot:0.#########}\n"));
    }

    private async Task<HostedGateway> StartAsync()
    {
        var gateway = await HostedGateway.StartAsync(HostedGateway.Options(_folder) with { MetricsByKey = true }, time: _time);
        using var push = await gateway.PutAsync(Snapshot());
        push.StatusCode.ShouldBe(HttpStatusCode.OK);
        return gateway;
    }

    private static async Task<string> RunAsync(HostedGateway gateway)
    {
        await CallAsync(gateway, Chat, Body("sim"));
        await CallAsync(gateway, Chat, Body("sim", ",\"stream\":true"));
        await CallAsync(gateway, "/v1/messages", Body("sim", ",\"max_tokens\":8"));
        await CallAsync(gateway, "/v1/embeddings", """{"model":"sim","input":"hi"}""");
        await CallAsync(gateway, Chat, Body("we\\\"ird\\\\"));
        await CallAsync(gateway, Chat, Body("failing"));
        await CallAsync(gateway, Chat, Body("unpriced"), HttpStatusCode.Forbidden);
        await CallAsync(gateway, Chat, Body("no-such-model"), HttpStatusCode.NotFound);
        await CallAsync(gateway, Chat, Body("sim"), HttpStatusCode.Unauthorized, "sk-nobody");
        await CallAsync(gateway, Chat, "{", HttpStatusCode.BadRequest);
        using var refused = await gateway.PutAsync(Snapshot() with { Revision = 2, Settings = new() { MaxBodyBytes = 0 } });
        return await ScrapeAsync(gateway, calls: 10);
    }

    private static ConfigSnapshot Snapshot()
    {
        static TargetConfig Simulated(string name, SimulatedConfig? how = null) =>
            new() { Name = name, Provider = Provider.Simulated, Price = "price", Simulated = how };

        return TestConfig.Of(
            TestConfig.Route("sim", Simulated("main")),
            TestConfig.Route("long", Simulated("main", new() { CompletionTokens = 1000 })),
            TestConfig.Route("unpriced", Simulated("main") with { Price = null }),
            TestConfig.Route("failing", Simulated("first", new() { FaultStatus = 500 })) with { Fallbacks = ["sim"] },
            TestConfig.Route("we\"ird\\", Simulated("main")) with { Object = TestConfig.Reference("ModelRoute", "weird") }) with
        {
            Revision = 1,
            Settings = new() { AssumedOutputTokens = 1, Retry = new() { Attempts = 0 } },
        };
    }

    private static string Body(string model, string more = "") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"hi"}]{{more}}}""";

    private static async Task CallAsync(
        HostedGateway gateway, string path, string body, HttpStatusCode expected = HttpStatusCode.OK, string key = GatewayUnderTest.Key)
    {
        using var reply = await gateway.SendAsync(HttpMethod.Post, gateway.Addresses.Data + path, body, key);
        var text = await reply.TextAsync();
        reply.StatusCode.ShouldBe(expected, text);
    }

    /// <summary>Once so many calls are counted: a client has its answer a moment before that.</summary>
    private static async Task<string> ScrapeAsync(HostedGateway gateway, int calls)
    {
        while (Counted().Matches(await TextAsync()).Sum(m => int.Parse(m.Groups["value"].Value, CultureInfo.InvariantCulture)) < calls)
            await Task.Yield();
        return await TextAsync();

        async Task<string> TextAsync()
        {
            using var reply = await gateway.SendAsync(HttpMethod.Get, gateway.Addresses.Metrics + "/metrics", token: null);
            return await reply.TextAsync();
        }
    }

    [GeneratedRegex("version=\"[^\"]+\"", RegexOptions.None, 1000)]
    private static partial Regex Version();

    [GeneratedRegex("""^llm_gateway_requests_total\{.*\} (?<value>\d+)$""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Counted();
}
