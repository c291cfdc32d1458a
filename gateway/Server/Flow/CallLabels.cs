using System.Collections.Immutable;

namespace Gateway.Server.Flow;

/// <summary>
/// What a client may say of its calls in headers, for the ledger. Text of strangers: bounded, and never a metric's label.
/// </summary>
internal static class CallLabels
{
    private const int LongestText = 256;
    private const int MostTags = 16;

    private static readonly string[] s_session =
        ["x-litellm-trace-id", "x-litellm-session-id", "x-claude-code-session-id", "x-session-id", "session_id"];

    private static readonly string[] s_endUser = ["x-litellm-customer-id", "x-litellm-end-user-id"];

    /// <summary>LiteLLM's headers, Claude Code's, and what other agents send.</summary>
    public static string? Session(IHeaderDictionary headers) => First(headers, s_session);

    /// <summary>Says more than the body, which an agent fills in by itself.</summary>
    public static string? EndUser(IHeaderDictionary headers) => First(headers, s_endUser);

    /// <summary><c>x-litellm-tags</c>, separated by commas.</summary>
    public static ImmutableArray<string> Tags(IHeaderDictionary headers)
    {
        var text = headers["x-litellm-tags"].ToString();
        return text.Length == 0
            ? []
            : [
                .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Where(t => t.Length <= LongestText)
                    .Take(MostTags),
            ];
    }

    private static string? First(IHeaderDictionary headers, string[] names)
    {
        foreach (var name in names)
        {
            if (headers[name].ToString() is { Length: > 0 and <= LongestText } text)
                return text;
        }

        return null;
    }
}
