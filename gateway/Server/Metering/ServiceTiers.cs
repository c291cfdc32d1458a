using System.Text.Json;

namespace Gateway.Server.Metering;

/// <summary>Names of service tiers, as requests ask for them and answers report them.</summary>
internal static class ServiceTiers
{
    /// <summary>
    /// Null for the standard tier, whatever a provider calls it, and for one that is left to the provider:
    /// https://platform.openai.com/docs/api-reference/chat/object, https://docs.anthropic.com/en/api/service-tiers.
    /// </summary>
    /// <param name="reader">On a string. Standard names allocate nothing.</param>
    public static string? Read(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("default"u8) || reader.ValueTextEquals("standard"u8)
        || reader.ValueTextEquals("auto"u8) || reader.ValueTextEquals("standard_only"u8)
            ? null
            : reader.GetString();
}
