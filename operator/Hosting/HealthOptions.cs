using System.Net;
using System.Net.Sockets;

namespace Operator.Hosting;

/// <summary>Where the operator answers Prometheus and the kubelet. Port 0 takes a free one.</summary>
internal sealed record HealthOptions
{
    /// <summary>For <c>/metrics</c>. Default 8080 on all addresses.</summary>
    public IPEndPoint Metrics { get; init; } = new(All, 8080);

    /// <summary>For <c>/healthz</c> and <c>/readyz</c>. Default 8081 on all addresses.</summary>
    public IPEndPoint Health { get; init; } = new(All, 8081);

    /// <summary>IPv6's stands for both families; a node may have only the older one.</summary>
    private static IPAddress All => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
}
