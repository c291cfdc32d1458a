using System.Collections.Frozen;

namespace Gateway.Server.Providers;

/// <summary>Which headers of a client go upstream. Everything else stays here, the keys above all.</summary>
internal static class RequestHeaders
{
    private static readonly FrozenSet<string> s_allowed = new[]
    {
        "accept", "user-agent", "openai-beta", "idempotency-key", "traceparent",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Beta flags and body fields of Anthropic's clients belong together, so all their headers pass; only the workspace names an account.
    /// </summary>
    public static void Copy(IHeaderDictionary from, HttpRequestMessage to)
    {
        foreach (var (name, values) in from)
        {
            if (!s_allowed.Contains(name) && !IsAnthropic(name))
                continue;
            foreach (var value in values)
                to.Headers.TryAddWithoutValidation(name, value);
        }

        to.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
    }

    private static bool IsAnthropic(string name) =>
        name.StartsWith("anthropic-", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("anthropic-workspace", StringComparison.OrdinalIgnoreCase);
}
