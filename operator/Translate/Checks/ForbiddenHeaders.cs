using System.Collections.Frozen;

namespace Operator.Translate.Checks;

/// <summary>Headers that a route may not set on upstream requests.</summary>
internal static class ForbiddenHeaders
{
    private static readonly FrozenSet<string> s_names = new[]
    {
        // The request's frame and its hop, https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
        "host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "keep-alive", "te", "trailer",
        "upgrade", "expect", "accept-encoding",

        // Credentials come from Secrets
        "authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "set-cookie",

        // What the metadata services of clouds ask for as proof that a request was meant
        "metadata", "metadata-flavor", "x-google-metadata-request", "x-aws-ec2-metadata-token", "x-aws-ec2-metadata-token-ttl-seconds",
        "x-identity-header",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool Contains(string name) => s_names.Contains(name) || name.StartsWith("proxy-", StringComparison.OrdinalIgnoreCase);
}
