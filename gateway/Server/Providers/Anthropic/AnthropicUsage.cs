using System.Text.Json;
using System.Text;
using Gateway.Server.Metering;

namespace Gateway.Server.Providers.Anthropic;

/// <summary>
/// The usage object of the Messages API. Its input tokens exclude what caches read and wrote:
/// https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching. Its speed is priced like a service tier, and comes before that one:
/// https://platform.claude.com/docs/en/build-with-claude/fast-mode.
/// </summary>
internal static class AnthropicUsage
{
    /// <summary>
    /// <paramref name="before"/> with what the object reports put in its place: figures of a stream are cumulative, and a later object may
    /// leave out what an earlier one said. Null where the text is no usage object and nothing came before.
    /// </summary>
    public static TokenUsage? Read(ReadOnlySpan<byte> json, TokenUsage? before)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return before;
            return ReadMembers(ref reader, before ?? new()) with { Raw = Encoding.UTF8.GetString(json) };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Usage that cannot be read is usage that was not reported.
            return before;
        }
    }

    private static TokenUsage ReadMembers(ref Utf8JsonReader reader, TokenUsage usage)
    {
        long? written = null;
        var speed = usage.ServiceTier;
        string? tier = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("input_tokens"u8))
                usage = usage with { InputUncached = Number(ref reader) ?? usage.InputUncached };
            else if (reader.ValueTextEquals("output_tokens"u8))
                usage = usage with { Output = Number(ref reader) ?? usage.Output };
            else if (reader.ValueTextEquals("cache_read_input_tokens"u8))
                usage = usage with { CacheRead = Number(ref reader) ?? usage.CacheRead };
            else if (reader.ValueTextEquals("cache_creation_input_tokens"u8))
                written = Number(ref reader);
            else if (reader.ValueTextEquals("cache_creation"u8))
                usage = ReadCacheCreation(ref reader, usage);
            else if (reader.ValueTextEquals("service_tier"u8))
                tier = Tier(ref reader);
            else if (reader.ValueTextEquals("speed"u8))
                speed = Tier(ref reader);
            else
                reader.Skip();
        }

        // The total is the truth: what the split by life time does not name was written for the shorter one.
        if (written is { } total)
            usage = usage with { CacheWrite5m = Math.Max(total - (usage.CacheWrite1h ?? 0), 0) };
        return usage with { ServiceTier = speed ?? tier };
    }

    private static TokenUsage ReadCacheCreation(ref Utf8JsonReader reader, TokenUsage usage)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return usage;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("ephemeral_1h_input_tokens"u8))
                usage = usage with { CacheWrite1h = Number(ref reader) ?? usage.CacheWrite1h };
            else if (reader.ValueTextEquals("ephemeral_5m_input_tokens"u8))
                usage = usage with { CacheWrite5m = Number(ref reader) ?? usage.CacheWrite5m };
            else
                reader.Skip();
        }

        return usage;
    }

    /// <summary>Null for the standard one, and where there is none.</summary>
    private static string? Tier(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
            return ServiceTiers.Name(ref reader);
        reader.Skip();
        return null;
    }

    /// <summary>Null where there is none, or a negative one.</summary>
    private static long? Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 0)
            return value;
        reader.Skip();
        return null;
    }
}
