using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Net;

namespace Gateway.Server.Providers;

/// <summary>
/// Judges the addresses of an upstream after its name was resolved, so that no name can lead to the cloud's metadata service, to the
/// machine itself, or to nowhere.
/// </summary>
/// <param name="allowLoopback">True on a laptop, where upstreams such as Ollama run beside the gateway.</param>
internal sealed class AddressGuard(bool allowLoopback)
{
    /// <summary>
    /// The metadata services of clouds outside the link-local range; those of AWS have a range of their own, which <see cref="IsReserved"/>
    /// knows.
    /// </summary>
    private static readonly IPAddress[] s_metadata =
    [
        IPAddress.Parse("100.100.100.200"),
        IPAddress.Parse("168.63.129.16"),
        IPAddress.Parse("192.0.0.192"),
        IPAddress.Parse("fd20:ce::254"),
    ];

    private readonly HashSet<IPAddress> _own = OwnAddresses();

    public bool Allows(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address))
            return allowLoopback;
        return !IsReserved(address) && !s_metadata.Contains(address) && (allowLoopback || !_own.Contains(address));
    }

    private static bool IsReserved(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.IsIPv6SiteLocal || address.Equals(IPAddress.IPv6Any)
                || address.IsIPv6Teredo || IsForbidden6(address);
        }

        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return bytes[0] == 0 || bytes[0] >= 224 || (bytes[0] == 169 && bytes[1] == 254);
    }

    /// <summary>
    /// Services of an AWS machine (fd00:ec2::/32), among them its metadata and the credentials of EKS pods; and what carries an IPv4
    /// address that has to be judged as well: NAT64 (64:ff9b::/96), 6to4 (2002::/16) and IPv4-compatible addresses (::/96).
    /// </summary>
    private static bool IsForbidden6(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xfd, 0x00, 0x0e, 0xc2]))
            return true;
        if (!bytes[..12].ContainsAnyExcept((byte)0))
            return IsForbidden4(new(bytes[12..]));
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x00, 0x64, 0xff, 0x9b]))
            return IsForbidden4(new(bytes[12..]));
        return bytes.StartsWith((ReadOnlySpan<byte>)[0x20, 0x02]) && IsForbidden4(new(bytes[2..6]));
    }

    private static bool IsForbidden4(IPAddress address) =>
        IPAddress.IsLoopback(address) || IsReserved(address) || s_metadata.Contains(address);

    private static HashSet<IPAddress> OwnAddresses() =>
        [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(n => n.GetIPProperties().UnicastAddresses).Select(a => a.Address)];
}
