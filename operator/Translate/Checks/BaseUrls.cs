using System.Net;
using System.Net.Sockets;

namespace Operator.Translate.Checks;

/// <summary>
/// Where a target may lead, as far as its text tells. The gateway judges the addresses once more after DNS; this is for the message.
/// </summary>
internal static class BaseUrls
{
    private static readonly string[] s_metadataHosts = ["metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"];

    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Problem(string text, bool allowLoopback)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
            return "must be an absolute http or https URL";
        if (url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
            return "must not contain a user, a query or a fragment; credentials belong into `credentials.secretRef`";
        var host = url.Host.Trim('[', ']').TrimEnd('.').ToLowerInvariant();
        if (s_metadataHosts.Contains(host))
            return "must not be the cloud's metadata service";
        if (!IPAddress.TryParse(host, out var address))
            return IsLocalName(host) && !allowLoopback ? "must not be a loopback host: in a cluster that is the gateway's own pod" : null;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address))
            return allowLoopback ? null : "must not be a loopback address: in a cluster that is the gateway's own pod";
        return IsReserved(address) ? "must not be a link-local, metadata, multicast or unspecified address" : null;
    }

    private static bool IsLocalName(string host) =>
        host is "localhost" or "ip6-localhost" or "ip6-loopback" || host.EndsWith(".localhost", StringComparison.Ordinal);

    private static bool IsReserved(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any) || address.Equals(IPAddress.Parse("fd00:ec2::254"));
        var bytes = address.GetAddressBytes();
        return bytes[0] == 0 || bytes[0] >= 224 || (bytes[0] == 169 && bytes[1] == 254)
            || address.Equals(IPAddress.Parse("100.100.100.200")) || address.Equals(IPAddress.Parse("168.63.129.16"));
    }
}
