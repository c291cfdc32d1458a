using Benchmarks.Servers;

namespace Benchmarks.Scenarios;

/// <summary>The servers that are compared, all in front of the same upstream, which is "direct".</summary>
internal sealed record Proxies(UpstreamServer Direct, NginxServer Nginx, GatewayServer Gateway) : IDisposable
{
    public static Proxies Start()
    {
        var direct = UpstreamServer.Start();
        return new(direct, NginxServer.Start(direct.Port), GatewayServer.Start(direct.Port));
    }

    public void Dispose()
    {
        Gateway.Dispose();
        Nginx.Dispose();
        Direct.Dispose();
    }
}
