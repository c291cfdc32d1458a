using System.Globalization;
using Benchmarks.Load;
using Benchmarks.Servers;

namespace Benchmarks.Scenarios;

/// <summary>What stays resident.</summary>
internal static class Memory
{
    private const int Streams = 1000;
    private const int RequestBytes = 100 * 1024;
    private const int Openers = 64;

    /// <summary>The most that the gateway of the other scenarios ever held.</summary>
    public static Figure UnderLoad(GatewayServer gateway) =>
        new("resident memory under load", gateway.PeakResidentMiB, "MiB", 150, "peak over all of the loads above");

    /// <summary>
    /// What a gateway that has served a few calls, and nothing else, gains by 1,000 streams that wait for their next chunk.
    /// </summary>
    public static Figure OpenStreams(int upstream)
    {
        using var gateway = GatewayServer.Start(upstream);
        var request = Payload.Request(gateway.Path("held"), Payload.Chat("held", RequestBytes, stream: true));
        var warmUp = Payload.Request(gateway.Path("plain"), Payload.Chat("plain", RequestBytes, stream: false));
        ClosedLoop.Run(gateway.Port, warmUp, TimeSpan.FromSeconds(1));
        var idle = gateway.ResidentMiB;
        var connections = new Connection[Streams];
        Workers.Run(Openers, worker =>
        {
            for (var i = worker; i < Streams; i += Openers)
            {
                connections[i] = new(gateway.Port);
                connections[i].Send(request);
                connections[i].ReceiveFirstContent();
            }
        });
        var open = gateway.ResidentMiB;
        foreach (var connection in connections)
            connection.Dispose();
        return new(
            "1,000 open streams, each begun by 100 KB, over idle",
            open - idle,
            "MiB",
            60,
            string.Create(CultureInfo.InvariantCulture, $"{open:0} MiB beside {idle:0} MiB after a second of unstreamed load"));
    }
}
