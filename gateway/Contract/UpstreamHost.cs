namespace Gateway.Contract;

/// <summary>The host of an upstream, and whether a gateway allows it. Both sides judge by this.</summary>
public static class UpstreamHost
{
    /// <summary>The host that is connected to, in lower case, without brackets and trailing dot; null where the text is no URL.</summary>
    public static string? Of(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Host.Length > 0 ? uri.IdnHost.TrimEnd('.').ToLowerInvariant() : null;

    /// <summary>Whether the host is named by <see cref="SettingsConfig.AllowedUpstreamHosts"/>.</summary>
    public static bool IsAllowed(string host, IReadOnlyCollection<string> allowed)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(allowed);
        return allowed.Count == 0 || allowed.Any(pattern => IsUnder(host, pattern));
    }

    private static bool IsUnder(string host, string pattern) =>
        pattern.StartsWith("*.", StringComparison.Ordinal)
            ? host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)
            : string.Equals(host, pattern, StringComparison.OrdinalIgnoreCase);
}
