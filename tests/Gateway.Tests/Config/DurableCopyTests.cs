using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Contract;
using Gateway.Server.Hosting;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Config;

/// <summary>What a gateway takes from the durable copy that its pod mounts.</summary>
public sealed class DurableCopyTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("durable-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Mounted => Path.Combine(_folder.FullName, "config");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Without_a_copy_of_its_own_the_durable_one_is_live_at_once()
    {
        Mount(Snapshot(5));

        await using var gateway = await HostedGateway.StartAsync(Options());

        (await gateway.StatusAsync()).Revision.ShouldBe(5);
        (await gateway.ReadinessAsync()).Body["status"]!.GetValue<string>().ShouldBe("WaitingForPush");
    }

    [Theory]
    [InlineData(4, 5)]
    [InlineData(5, 5)]
    [InlineData(6, 6)]
    public async Task Of_two_copies_the_newer_one_is_live(long durable, long live)
    {
        await KeepAsync(Snapshot(5));
        Mount(Snapshot(durable));

        await using var gateway = await HostedGateway.StartAsync(Options());

        (await gateway.StatusAsync()).Revision.ShouldBe(live);
    }

    [Theory]
    [InlineData("slot missing")]
    [InlineData("slot tampered")]
    [InlineData("index torn")]
    [InlineData("index senseless")]
    [InlineData("snapshot invalid")]
    [InlineData("another gateway's")]
    public async Task A_copy_with_a_fault_is_ignored_and_the_own_one_stays(string how)
    {
        await KeepAsync(Snapshot(5));
        MountSpoiled(how);

        await using var gateway = await HostedGateway.StartAsync(Options());
        (await gateway.StatusAsync()).Revision.ShouldBe(5);
        using var reply = await gateway.PutAsync(Snapshot(6));

        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_copy_that_is_mounted_late_is_found_without_a_push()
    {
        await using var gateway = await HostedGateway.StartAsync(Options() with { ConfigWait = TimeSpan.Zero });
        (await gateway.ReadinessAsync()).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);

        Mount(Snapshot(5));

        while ((await gateway.ReadinessAsync()).Status != HttpStatusCode.OK)
            await Task.Delay(20, Cancellation);
        (await gateway.StatusAsync()).Revision.ShouldBe(5);
    }

    private void MountSpoiled(string how)
    {
        Mount(how switch
        {
            "snapshot invalid" => Snapshot(7) with { Settings = new() { MaxBodyBytes = 0 } },
            "another gateway's" => Snapshot(7) with { Gateway = "uid-2" },
            _ => Snapshot(7),
        });
        var slot = Path.Combine(Mounted, "a-0");
        var index = Path.Combine(Mounted, "index");
        switch (how)
        {
            case "slot missing":
                File.Delete(slot);
                break;
            case "slot tampered":
                var bytes = File.ReadAllBytes(slot);
                bytes[^1] ^= 1;
                File.WriteAllBytes(slot, bytes);
                break;
            case "index torn":
                File.WriteAllText(index, File.ReadAllText(index)[..20]);
                break;
            case "index senseless":
                File.WriteAllText(index, File.ReadAllText(index).Replace("\"slots\":1", "\"slots\":-1", StringComparison.Ordinal));
                break;
        }
    }

    private void Mount(ConfigSnapshot config)
    {
        Directory.CreateDirectory(Mounted);
        var snapshot = Zip(HostedGateway.Json(config));
        byte[] content = [.. snapshot, .. Zip("the operator's own")];
        var index = new DurableIndex
        {
            Set = 0,
            Slots = 1,
            Gateway = config.Gateway,
            Revision = config.Revision,
            Hash = CanonicalJson.WithHash(config).Hash,
            SnapshotBytes = snapshot.Length,
            Sha256 = DurableIndex.Checksum(content),
        };
        File.WriteAllBytes(Path.Combine(Mounted, "a-0"), content);
        File.WriteAllText(Path.Combine(Mounted, "index"), JsonSerializer.Serialize(index, ContractJson.Default.DurableIndex));
    }

    private static byte[] Zip(string text)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return zipped.ToArray();
    }

    private GatewayOptions Options() =>
        HostedGateway.Options(_folder) with { Uid = Snapshot(1).Gateway, ConfigDirectory = Mounted, ConfigWait = TimeSpan.FromHours(1) };

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
}
