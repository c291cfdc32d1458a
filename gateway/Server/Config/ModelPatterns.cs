using System.Collections.Immutable;
using Gateway.Contract;

namespace Gateway.Server.Config;

internal static class ModelPatterns
{
    /// <summary>Throws on a pattern that the validator should have refused.</summary>
    public static ImmutableArray<ModelPattern> Parse(ImmutableArray<string> texts) => [.. texts.Select(Parse)];

    public static ModelPattern Parse(string text) =>
        ModelPattern.TryParse(text, out var pattern) ? pattern : throw new ArgumentException($"`{text}` is no model pattern", nameof(text));

    public static bool MatchAny(this ImmutableArray<ModelPattern> patterns, string name)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.Matches(name))
                return true;
        }

        return false;
    }
}
