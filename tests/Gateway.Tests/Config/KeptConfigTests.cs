using System.Net;
using System.Net.Http.Json;
using Gateway.Contract;
using Gateway.Server.Hosting;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Config;

/// <summary>The config that a gateway keeps on its volume, and what it does with it after a restart.</summary>
public sealed class KeptConfigTests : IDisposable
{
    private const string Body = """{"model":"sim","messages":[{"role":"user","content":"hi"}]}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kept-");

    private string Kept => Path.Combine(_folder.FullName, "state", "last-good.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task NothingKept_IsNotReadyUntilAPush()
    {
        await using var gateway = await HostedGateway.StartAsync(Options());
        var before = await gateway.ReadinessAsync();

        using var reply = await gateway.PutAsync(Snapshot(1));

        before.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        before.Body["status"]!.GetValue<string>().ShouldBe("WaitingForConfig");
        (await gateway.ReadinessAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task KeptConfig_ServesAtOnceAndIsReadyWithTheFirstPush()
    {
        await KeepAsync(Snapshot(5));
        await using var gateway = await HostedGateway.StartAsync(Options());

        var before = await gateway.ReadinessAsync();
        using var call = await gateway.SendAsync(
            HttpMethod.Post, gateway.Addresses.Data + "/v1/chat/completions", Body, GatewayUnderTest.Key);
        using var repeat = await gateway.PutAsync(Snapshot(5));

        before.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        before.Body["status"]!.GetValue<string>().ShouldBe("WaitingForPush");
        before.Body["revision"]!.GetValue<long>().ShouldBe(5);
        call.StatusCode.ShouldBe(HttpStatusCode.OK);
        repeat.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.ReadinessAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task KeptConfig_IsReadyWithoutAPushWhenTheWaitIsOver()
    {
        await KeepAsync(Snapshot(5));
        await using var gateway = await HostedGateway.StartAsync(Options() with { ConfigWait = TimeSpan.Zero });

        (await gateway.ReadinessAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task KeptConfigNewerThanThePush_StaysAndTheReplySaysSo()
    {
        await KeepAsync(Snapshot(5));
        await using var gateway = await HostedGateway.StartAsync(Options());

        using var reply = await gateway.PutAsync(Snapshot(4));

        reply.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await ReplyOf(reply)).Revision.ShouldBe(5);
        (await gateway.StatusAsync()).Revision.ShouldBe(5);
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("changed")]
    [InlineData("empty")]
    [InlineData("binary")]
    [InlineData("newer schema")]
    public async Task DamagedFile_IsLeftAloneAndTheNextPushReplacesIt(string how)
    {
        await KeepAsync(Snapshot(5));
        var good = await File.ReadAllTextAsync(Kept, TestContext.Current.CancellationToken);
        var damaged = how switch
        {
            "truncated" => good[..(good.Length / 2)],
            "changed" => good.Replace("\"sim\"", "\"son\"", StringComparison.Ordinal),
            "empty" => "",
            "binary" => "\0\u0001\u0002",
            _ => good.Replace("\"schemaVersion\":1", "\"schemaVersion\":2", StringComparison.Ordinal),
        };
        await File.WriteAllTextAsync(Kept, damaged, TestContext.Current.CancellationToken);
        await using var gateway = await HostedGateway.StartAsync(Options());
        (await gateway.ReadinessAsync()).Body["status"]!.GetValue<string>().ShouldBe("WaitingForConfig");

        using var reply = await gateway.PutAsync(Snapshot(3));

        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await File.ReadAllTextAsync(Kept, TestContext.Current.CancellationToken)).ShouldBe(HostedGateway.Json(Snapshot(3)));
    }

    [Fact]
    public async Task KeptConfigOfAnotherGateway_IsIgnored()
    {
        await KeepAsync(Snapshot(5));
        await using var gateway = await HostedGateway.StartAsync(Options() with { Uid = "uid-2" });
        (await gateway.StatusAsync()).Revision.ShouldBe(0);

        using var reply = await gateway.PutAsync(Snapshot(1) with { Gateway = "uid-2" });

        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.StatusAsync()).Uid.ShouldBe("uid-2");
    }

    [Fact]
    public async Task FirstPushOfAnotherGateway_Is409WhereTheUidIsKnown()
    {
        await using var gateway = await HostedGateway.StartAsync(Options() with { Uid = "uid-2" });

        using var reply = await gateway.PutAsync(Snapshot(1));

        reply.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await ReplyOf(reply)).Uid.ShouldBe("uid-2");
        (await gateway.StatusAsync()).Revision.ShouldBe(0);
    }

    [Fact]
    public async Task RefusedPush_LeavesTheKeptConfigAsItWas()
    {
        await using var gateway = await HostedGateway.StartAsync(Options());
        using var good = await gateway.PutAsync(Snapshot(1));
        var kept = await File.ReadAllBytesAsync(Kept, TestContext.Current.CancellationToken);

        using var reply = await gateway.PutAsync(Snapshot(2) with { Settings = new() { MaxBodyBytes = 0 } });

        reply.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await File.ReadAllBytesAsync(Kept, TestContext.Current.CancellationToken)).ShouldBe(kept);
        (await gateway.StatusAsync()).Revision.ShouldBe(1);
    }

    [Fact]
    public async Task KeptConfig_IsReadableByItsOwnerOnly()
    {
        await KeepAsync(Snapshot(1));

        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Kept).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(Path.GetDirectoryName(Kept)!, "*.tmp").ShouldBeEmpty();
    }

    [Fact]
    public async Task ConfigThatCannotBeKept_IsLiveAllTheSame()
    {
        Directory.CreateDirectory(Path.Combine(Kept, "in the way"));
        await using var gateway = await HostedGateway.StartAsync(Options());

        using var reply = await gateway.PutAsync(Snapshot(1));

        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.StatusAsync()).Revision.ShouldBe(1);
    }

    private GatewayOptions Options() => HostedGateway.Options(_folder) with { ConfigWait = TimeSpan.FromHours(1) };

    private async Task KeepAsync(ConfigSnapshot config)
    {
        await using var gateway = await HostedGateway.StartAsync(Options());
        using var reply = await gateway.PutAsync(config);
        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static ConfigSnapshot Snapshot(long revision) =>
        TestConfig.Of(TestConfig.Route("sim", new TargetConfig { Name = "sim", Provider = Provider.Simulated, Price = "price" })) with
        {
            Revision = revision,
        };

    private static async Task<PushReply> ReplyOf(HttpResponseMessage reply) =>
        (await reply.Content.ReadFromJsonAsync(ContractJson.Default.PushReply, TestContext.Current.CancellationToken))!;
}
