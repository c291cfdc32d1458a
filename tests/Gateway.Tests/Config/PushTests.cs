using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Contract;

namespace Gateway.Tests.Config;

/// <summary>Every reply of the admin port, and that a refused snapshot changes nothing.</summary>
public sealed class PushTests
{
    private const string Body = """{"model":"sim","messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public async Task SameSnapshotAgain_Is200AndChangesNothing()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(Snapshot());
        var before = await gateway.StatusAsync();

        using var reply = await PutAsync(gateway, Snapshot() with { Revision = 1 });

        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ReplyOf(reply)).Revision.ShouldBe(1);
        (await gateway.StatusAsync()).AppliedTime.ShouldBe(before.AppliedTime);
    }

    [Theory]
    [InlineData("older")]
    [InlineData("same revision, other content")]
    [InlineData("another gateway")]
    public async Task Conflict_Is409WithWhatIsServed(string why)
    {
        await using var gateway = await GatewayUnderTest.StartAsync(Snapshot());
        using var second = await gateway.PushAsync(Snapshot());
        var other = Snapshot() with { Settings = new() { AssumedOutputTokens = 7 } };

        using var reply = await PutAsync(gateway, why switch
        {
            "older" => Snapshot() with { Revision = 1 },
            "another gateway" => other with { Revision = 3, Gateway = "uid-2" },
            _ => other with { Revision = 2 },
        });

        reply.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        var held = await ReplyOf(reply);
        held.Revision.ShouldBe(2);
        held.Uid.ShouldBe("uid-1");
        held.Hash.ShouldBe((await gateway.StatusAsync()).Hash);
    }

    [Fact]
    public async Task InvalidSnapshot_Is422WithEveryErrorAndTheLastGoodOneServesOn()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(Snapshot());
        var prices = new Dictionary<string, string> { ["gpt"] = "none" }.ToImmutableSortedDictionary();
        var second = new TargetConfig { Name = "a", Provider = Provider.OpenAI, Credential = "none", Price = "price", Prices = prices };
        var bad = Snapshot() with
        {
            Revision = 2,
            Routes = [Snapshot().Routes[0] with { Targets = [new() { Name = "a", Provider = Provider.OpenAICompatible }, second] }],
            Budgets = [Snapshot().Budgets[0] with { Tokens = 5, TimeZone = "Mars/Olympus" }],
        };

        using var reply = await PutAsync(gateway, bad);

        reply.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var errors = (await ReplyOf(reply)).Errors;
        errors.Select(e => $"{e.Kind} {e.Name} {e.Field}").Order(StringComparer.Ordinal).ShouldBe(
        [
            "Budget all limit",
            "Budget all timeZone",
            "ModelRoute route-sim targets[0].baseURL",
            "ModelRoute route-sim targets[1].credentials",
            "ModelRoute route-sim targets[1].name",
            "ModelRoute route-sim targets[1].pricing",
        ]);
        (await gateway.StatusAsync()).Revision.ShouldBe(1);
        using var call = await gateway.PostAsync("/v1/chat/completions", Body);
        call.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("{", HttpStatusCode.BadRequest)]
    [InlineData("[]", HttpStatusCode.BadRequest)]
    [InlineData("""{"schemaVersion":2}""", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("""{"schemaVersion":1}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"schemaVersion":null}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"schemaVersion":1,"schemaVersion":2,"anything":"else"}""", HttpStatusCode.UnsupportedMediaType)]
    public async Task MalformedOrUnknownSchema_IsRefusedAndChangesNothing(string json, HttpStatusCode expected)
    {
        await using var gateway = await GatewayUnderTest.StartAsync(Snapshot());

        using var reply = await gateway.AdminAsync(HttpMethod.Put, "/config", json);

        reply.StatusCode.ShouldBe(expected);
        (await ReplyOf(reply)).Errors.ShouldHaveSingleItem();
        (await gateway.StatusAsync()).Revision.ShouldBe(1);
    }

    [Fact]
    public async Task HashThatDoesNotFitTheContent_Is400()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(Snapshot());
        var json = JsonSerializer.Serialize(
            Snapshot() with { Revision = 2, Hash = new string('0', 64) }, ContractJson.Default.ConfigSnapshot);

        using var reply = await gateway.AdminAsync(HttpMethod.Put, "/config", json);

        reply.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task BlockedKey_IsRefusedAsSoonAsThePushIsAcknowledged()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(Snapshot());
        using var before = await gateway.PostAsync("/v1/chat/completions", Body);

        using var push = await gateway.PushAsync(Snapshot() with { Keys = [Snapshot().Keys[0] with { State = KeyState.Blocked }] });
        using var after = await gateway.PostAsync("/v1/chat/completions", Body);

        before.StatusCode.ShouldBe(HttpStatusCode.OK);
        after.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task ThousandPushesUnderLoad_LoseNoRequest()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(Snapshot());
        using var done = new CancellationTokenSource();
        var answered = 0;
        var clients = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!done.IsCancellationRequested)
            {
                using var response = await gateway.PostAsync("/v1/chat/completions", Body);
                response.StatusCode.ShouldBe(HttpStatusCode.OK);
                Interlocked.Increment(ref answered);
            }
        }).ToArray();

        for (var i = 0; i < 1000; i++)
        {
            using var reply = await gateway.PushAsync(Snapshot() with { Settings = new() { AssumedOutputTokens = 1000 + i } });
            reply.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await done.CancelAsync();
        await Task.WhenAll(clients);
        answered.ShouldBeGreaterThan(0);
        (await gateway.StatusAsync()).Revision.ShouldBe(1001);
    }

    private static ConfigSnapshot Snapshot() =>
        TestConfig.Of(TestConfig.Route("sim", new TargetConfig { Name = "sim", Provider = Provider.Simulated, Price = "price" }));

    private static Task<HttpResponseMessage> PutAsync(GatewayUnderTest gateway, ConfigSnapshot config) =>
        gateway.AdminAsync(
            HttpMethod.Put, "/config", JsonSerializer.Serialize(CanonicalJson.WithHash(config), ContractJson.Default.ConfigSnapshot));

    private static async Task<PushReply> ReplyOf(HttpResponseMessage reply) =>
        (await reply.Content.ReadFromJsonAsync(ContractJson.Default.PushReply, TestContext.Current.CancellationToken))!;
}
