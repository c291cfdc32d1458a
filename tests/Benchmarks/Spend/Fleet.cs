using Benchmarks.Load;
using Benchmarks.Servers;

namespace Benchmarks.Spend;

/// <summary>Gateways that are told the same.</summary>
internal sealed class Fleet : IDisposable
{
    public const int Size = 4;

    private const int RequestBytes = 2 * 1024;

    private Fleet(GatewayServer[] gateways) => Gateways = gateways;

    public IReadOnlyList<GatewayServer> Gateways { get; }

    /// <summary>User and system time of all of them so far.</summary>
    public TimeSpan ProcessorTime => Gateways.Aggregate(TimeSpan.Zero, (sum, gateway) => sum + gateway.ProcessorTime);

    /// <summary>The part of it that the runtimes have compiled for.</summary>
    public TimeSpan CompilerTime => Gateways.Aggregate(TimeSpan.Zero, (sum, gateway) => sum + gateway.CompilerTime);

    public static Fleet Start(int upstream, IEnumerable<(string Name, string Value)> variables) =>
        new([.. Enumerable.Range(0, Size).Select(_ => GatewayServer.Start(GatewayConfig.ManyKeys(upstream), variables))]);

    /// <summary>Every key at every gateway, each 2 KB for 1 KB.</summary>
    public IReadOnlyList<Aim> Aims(Func<int, string> key)
    {
        var body = Payload.Chat("plain", RequestBytes, stream: false);
        return
        [
            .. from k in Enumerable.Range(0, GatewayConfig.Keys)
               from gateway in Gateways
               select new Aim(gateway.Port, Payload.Request(gateway.Path("plain"), body, key(k))),
        ];
    }

    public void Dispose()
    {
        foreach (var gateway in Gateways)
            gateway.Dispose();
    }
}
