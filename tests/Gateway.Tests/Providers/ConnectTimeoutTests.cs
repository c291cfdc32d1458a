using System.Net;
using Gateway.Tests.Hosting;
using Support.FakeProviders;

namespace Gateway.Tests.Providers;

public sealed class ConnectTimeoutTests : IDisposable
{
    private const int ConnectMilliseconds = 4321;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("connect-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task NoConnectionInTime_Is504AndNothingIsSent()
    {
        await using var provider = await FakeProvider.StartAsync();
        var target = TestConfig.OpenAI(provider.BaseUrl) with { Timeouts = new() { ConnectMilliseconds = ConnectMilliseconds } };
        await using var gateway = await HostedGateway.StartAsync(HostedGateway.Options(_folder), time: new ConnectTimePasses());
        using var push = await gateway.PutAsync(TestConfig.Of(TestConfig.Route("m", target)) with { Revision = 1 });

        using var response = await gateway.SendAsync(
            HttpMethod.Post, gateway.Addresses.Data + "/v1/chat/completions", """{"model":"m","messages":[]}""", GatewayUnderTest.Key);

        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await response.JsonAsync())["error"]!["code"]!.GetValue<string>().ShouldBe("upstream_timeout");
        provider.Calls.ShouldBeEmpty();
    }

    /// <summary>The time for connecting is over at once; all other time passes as it does.</summary>
    private sealed class ConnectTimePasses : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == TimeSpan.FromMilliseconds(ConnectMilliseconds))
                callback(state);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
