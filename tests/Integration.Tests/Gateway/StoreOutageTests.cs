using System.Net;
using Gateway.Contract;
using Support.Stores;

namespace Integration.Tests.Gateway;

/// <summary>Databases that hang, beside a gateway that handles calls on the threads that watch its sockets.</summary>
public sealed class StoreOutageTests : IDisposable
{
    private const string Body = """{"model":"m","messages":[{"role":"user","content":"hi"}]}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("outage-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Databases_that_hang_in_the_middle_of_a_handshake_hold_up_no_call()
    {
        using var certificate = new StoreCertificate(TimeProvider.System.GetUtcNow());
        await using var postgres = await PostgresServer.StartNewAsync(certificate: certificate);
        await using var redis = await RedisServer.StartNewAsync("s3cret", certificate);
        postgres.Pause();
        redis.Pause();
        await using var gateway = await GatewayChild.StartAsync(
            _folder.FullName,
            ("GATEWAY_NAME", "team/main"),
            ("GATEWAY_POSTGRES_URL_FILE", await FileAsync("postgres", postgres.Url)),
            ("GATEWAY_POSTGRES_CA_FILE", certificate.CertificateFile),
            ("GATEWAY_REDIS_URL_FILE", await FileAsync("redis", redis.Url)),
            ("GATEWAY_REDIS_CA_FILE", certificate.CertificateFile));
        // Nothing that has to be counted before it goes: such a call would be refused.
        await gateway.PushAsync(GatewayConfigs.Of(GatewayConfigs.Simulated("m", new())) with { Budgets = [] });

        var calls = 0;
        var slowest = TimeSpan.Zero;
        while ((await gateway.StatusAsync()).Stores.Length < 2)
        {
            var begin = TimeProvider.System.GetTimestamp();
            using var answer = await gateway.ChatAsync(GatewayConfigs.Key, Body);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            var lasted = TimeProvider.System.GetElapsedTime(begin);
            slowest = lasted > slowest ? lasted : slowest;
            calls++;
        }

        calls.ShouldBeGreaterThan(20);
        slowest.ShouldBeLessThan(TimeSpan.FromSeconds(3));
        (await gateway.StatusAsync()).Stores.ShouldAllBe(s => s.State == StoreState.Unreachable && s.Message == "no answer in 5 s");

        postgres.Resume();
        redis.Resume();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await gateway.StatusAsync()).Stores.Any(s => s.State != StoreState.Connected))
            await Task.Delay(50, patience.Token);
    }

    private async Task<string> FileAsync(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        return path;
    }
}
