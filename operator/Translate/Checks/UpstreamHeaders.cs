using System.Collections.Frozen;

namespace Operator.Translate.Checks;

/// <summary>
/// Headers that a target may not set: who reads them would be deceived, or they carry what belongs into <c>credentials</c>.
/// </summary>
internal static class UpstreamHeaders
{
    private static readonly FrozenSet<string> s_credentials = Names(
        "authorization", "x-api-key", "api-key", "x-goog-api-key", "ocp-apim-subscription-key",
            "x-litellm-api-key", "cookie", "x-amz-security-token");

    /// <summary>https://www.rfc-editor.org/rfc/rfc9110#name-connection, and those that frame the body.</summary>
    private static readonly FrozenSet<string> s_hopByHop = Names(
        "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings", "content-length", "expect");

    private static readonly FrozenSet<string> s_metadata = Names(
        "metadata", "metadata-flavor", "x-google-metadata-request", "x-aws-ec2-metadata-token", "x-aws-ec2-metadata-token-ttl-seconds",
        "x-metadata-token", "x-identity-header");

    /// <summary>Every rule that the headers break. Values are never quoted.</summary>
    public static IEnumerable<string> Problems(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, _) in headers)
        {
            if (Reason(name) is { } reason)
                yield return $"must not set `{name}`{reason}";
            if (!seen.Add(name))
                yield return $"must not set `{name}` twice in different letter case";
        }
    }

    private static string? Reason(string name)
    {
        if (name.Equals("host", StringComparison.OrdinalIgnoreCase) || name.StartsWith(':'))
            return ", which follows from `baseURL`";
        if (s_credentials.Contains(name))
            return ": credentials belong into `credentials`";
        if (s_hopByHop.Contains(name) || name.StartsWith("proxy-", StringComparison.OrdinalIgnoreCase))
            return ", which belongs to the connection";
        return s_metadata.Contains(name) ? ", which opens cloud metadata services" : null;
    }

    private static FrozenSet<string> Names(params string[] names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
