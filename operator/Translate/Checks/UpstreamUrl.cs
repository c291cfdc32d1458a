using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate.Checks;

/// <summary>
/// Rules of a target's base URL, and of a webhook's. They judge what is written; what the name of a target resolves to is judged again by
/// the gateway, after DNS. Messages never quote the URL, which may hold a password.
/// </summary>
internal static class UpstreamUrl
{
    /// <summary>
    /// Services that hand out a machine's identity: AWS, GCP, Azure, Alibaba and Oracle, by name and by the addresses outside of
    /// link-local.
    /// </summary>
    private static readonly FrozenSet<string> s_metadataHosts = new[]
    {
        "metadata", "metadata.google.internal", "metadata.goog", "metadata.azure.internal", "instance-data", "instance-data.ec2.internal",
        "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every rule that the URL breaks.</summary>
    public static IEnumerable<string> Problems(string url, bool allowLoopback, bool allowQuery = false)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || UpstreamHost.Of(url) is not { } host)
        {
            yield return RuleMessages.NotAUrl;
            yield break;
        }

        if (uri.UserInfo.Length > 0)
            yield return "must not contain user information; use `credentials`";
        if (!allowQuery && url.Contains('?', StringComparison.Ordinal))
            yield return "must not contain a query";
        if (url.Contains('#', StringComparison.Ordinal))
            yield return "must not contain a fragment";
        if (IsMetadata(host))
            yield return "must not name a cloud metadata service";
        else if (IsLoopback(host) && !allowLoopback)
            yield return "must not name a loopback host";
        else if (IsUnusable(host))
            yield return "must not name a link-local, multicast or unspecified address";
    }

    private static bool IsMetadata(string host) => s_metadataHosts.Contains(host) || host is "169.254.169.254" or "169.254.170.2";

    private static bool IsLoopback(string host) =>
        host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal)
            || (AddressOf(host) is { } address && IPAddress.IsLoopback(address));

    private static bool IsUnusable(string host)
    {
        if (AddressOf(host) is not { } address)
            return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any);
        var bytes = address.GetAddressBytes();
        return bytes[0] == 0 || bytes[0] >= 224 || (bytes[0] == 169 && bytes[1] == 254);
    }

    private static IPAddress? AddressOf(string host) =>
        !IPAddress.TryParse(host, out var address) ? null : address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
