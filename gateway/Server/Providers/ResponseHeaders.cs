using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net.Http.Headers;

namespace Gateway.Server.Providers;

/// <summary>Which headers of an upstream go to the client, and under which name.</summary>
internal static class ResponseHeaders
{
    private const string ProviderPrefix = "llm_provider-";

    /// <summary>A provider's header names are few; an endless variety of them must not fill the memory.</summary>
    private const int MostNames = 256;

    /// <summary>Of the connection, or ours to say.</summary>
    private static readonly FrozenSet<string> s_never = new[]
    {
        "alt-svc", "connection", "content-length", "content-encoding", "content-type", "date", "keep-alive", "proxy-authenticate",
        "proxy-connection", "server", "set-cookie", "strict-transport-security", "te", "trailer", "transfer-encoding", "upgrade", "via",
        "www-authenticate", "openai-organization", "openai-project", "anthropic-organization-id",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly ConcurrentDictionary<string, string> s_names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The account's rate limits are left out: a client would take them for its key's.</summary>
    public static void Copy(HttpResponseHeaders from, IHeaderDictionary to)
    {
        foreach (var (name, values) in from.NonValidated)
        {
            if (s_never.Contains(name) || name.Contains("ratelimit", StringComparison.OrdinalIgnoreCase))
                continue;
            if (values.ToString() is var value && IsPrintable(value))
                to[Prefixed(name)] = value;
        }
    }

    /// <summary>The server refuses to send anything else in a header.</summary>
    public static bool IsPrintable(string value) => !value.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static string Prefixed(string name)
    {
        if (s_names.TryGetValue(name, out var prefixed))
            return prefixed;
        prefixed = ProviderPrefix + name.ToLowerInvariant();
        if (s_names.Count < MostNames)
            s_names.TryAdd(name, prefixed);
        return prefixed;
    }
}
