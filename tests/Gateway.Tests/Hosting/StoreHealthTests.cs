using System.Net;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Gateway.Server.Hosting;

namespace Gateway.Tests.Hosting;

/// <summary>A store that fails is visible in the readiness body and in the metrics, and never takes the replica out of service.</summary>
public sealed class StoreHealthTests : IDisposable
{
    private const string Body = """{"model":"sim","messages":[{"role":"user","content":"hi"}]}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("health-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task EverythingWell_IsSaidInTheReadinessBody()
    {
        await using var gateway = await StartAsync();

        var (status, body) = await gateway.ReadinessAsync();

        status.ShouldBe(HttpStatusCode.OK);
        body.ToJsonString().ShouldBe(JsonNode.Parse("""
            {"status":"Ready","revision":1,"draining":false,"inFlight":0,
             "spendStore":{"isWritable":true,"lostRecords":0},"stores":{},"targets":{"total":2,"cooling":0}}
            """)!.ToJsonString());
    }

    [Fact]
    public async Task DiskIsFull_CallsFailClosedAndTheGatewayStaysReadyAndSaysWhy()
    {
        FillTheDisk();
        await using var gateway = await StartAsync();

        using var call = await gateway.SendAsync(
            HttpMethod.Post, gateway.Addresses.Data + "/v1/chat/completions", Body, GatewayUnderTest.Key);
        var (status, body) = await gateway.ReadinessAsync();
        using var metrics = await gateway.SendAsync(HttpMethod.Get, gateway.Addresses.Metrics + "/metrics", token: null);

        call.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        status.ShouldBe(HttpStatusCode.OK);
        body["spendStore"]!["isWritable"]!.GetValue<bool>().ShouldBeFalse();
        (await metrics.TextAsync()).ShouldContain("\nllm_gateway_spend_store_failing 1\n");
    }

    [Fact]
    public async Task TargetThatCoolsDown_IsCountedInTheReadinessBody()
    {
        await using var gateway = await StartAsync();

        // More failures than any target is forgiven.
        for (var i = 0; i < 20; i++)
            (await gateway.SendAsync(
                HttpMethod.Post,
                gateway.Addresses.Data + "/v1/chat/completions",
                Body.Replace("sim", "bad", StringComparison.Ordinal),
                GatewayUnderTest.Key)).Dispose();

        var (status, body) = await gateway.ReadinessAsync();
        status.ShouldBe(HttpStatusCode.OK);
        body["targets"]!["cooling"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task DatabaseThatCannotBeReached_IsToldToTheOperatorAndInTheMetricsAndTheGatewayStaysReady()
    {
        var url = Path.Combine(_folder.FullName, "url");
        await File.WriteAllTextAsync(url, "redis://:s3cret@127.0.0.1:1/name", TestContext.Current.CancellationToken);
        await using var gateway = await StartAsync(o => o with { Redis = new(url, null) });

        ConfigStatus told;
        while ((told = await gateway.StatusAsync()).Stores.IsEmpty)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        var (status, body) = await gateway.ReadinessAsync();
        using var metrics = await gateway.SendAsync(HttpMethod.Get, gateway.Addresses.Metrics + "/metrics", token: null);

        var store = told.Stores.ShouldHaveSingleItem();
        store.Name.ShouldBe(StoreStatus.Redis);
        store.State.ShouldBe(StoreState.Unreachable);
        store.Message.ShouldContain("the number of a database");
        status.ShouldBe(HttpStatusCode.OK);
        body["stores"]!.ToJsonString().ShouldBe("""{"redis":"Unreachable"}""");
        (await metrics.TextAsync()).ShouldContain("\nllm_gateway_store_up{store=\"redis\"} 0\n");
    }

    private async Task<HostedGateway> StartAsync(Func<GatewayOptions, GatewayOptions>? change = null)
    {
        var options = HostedGateway.Options(_folder);
        var gateway = await HostedGateway.StartAsync(change?.Invoke(options) ?? options);
        using var push = await gateway.PutAsync(TestConfig.Of(
            TestConfig.Route("sim", new TargetConfig { Name = "sim", Provider = Provider.Simulated, Price = "price" }),
            TestConfig.Route(
                "bad",
                new TargetConfig
                {
                    Name = "bad",
                    Provider = Provider.Simulated,
                    Price = "price",
                    Simulated = new() { FaultStatus = 500 },
                })) with
        {
            Revision = 1,
        });
        push.StatusCode.ShouldBe(HttpStatusCode.OK);
        return gateway;
    }

    /// <summary>The journal's file is a device that never has room.</summary>
    private void FillTheDisk()
    {
        var journal = Directory.CreateDirectory(Path.Combine(_folder.FullName, "state", "journal"));
        File.CreateSymbolicLink(Path.Combine(journal.FullName, "ledger-0000000001.jsonl"), "/dev/full");
    }
}
