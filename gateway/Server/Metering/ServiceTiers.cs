using System.Text.Json;

namespace Gateway.Server.Metering;

/// <summary>Names of service tiers, as requests ask for them and answers report them.</summary>
internal static class ServiceTiers
{
    private const int LongestName = 64;

    /// <summary>Null for the standard tier. A name that is too long for the ledger is <c>unknown</c>: no price has one.</summary>
    /// <param name="reader">On a string.</param>
    public static string? Name(ref Utf8JsonReader reader)
    {
        if (IsStandard(ref reader))
            return null;
        return reader.GetString() is { Length: <= LongestName } name ? name : "unknown";
    }

    /// <summary>Null for the standard tier, and for none.</summary>
    public static string? Name(string? name) => name is "default" or "standard" or "auto" or "standard_only" ? null : name;

    /// <summary>
    /// Whether this is the tier that needs no name, whatever a provider calls it, or leaves the choice to the provider:
    /// https://platform.openai.com/docs/api-reference/chat/object, https://docs.anthropic.com/en/api/service-tiers.
    /// </summary>
    /// <param name="reader">On a value of any kind.</param>
    public static bool IsStandard(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String
        && (reader.ValueTextEquals("default"u8) || reader.ValueTextEquals("standard"u8)
            || reader.ValueTextEquals("auto"u8) || reader.ValueTextEquals("standard_only"u8));
}
