using System.Text;
using System.Text.Json;
using Gateway.Server.Metering;

namespace Gateway.Server.Providers.Anthropic;

/// <summary>
/// The usage object of the Messages API. Its input tokens exclude what caches read and wrote:
/// https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching. Its speed is priced like a service tier, and comes before that one:
/// https://platform.claude.com/docs/en/build-with-claude/fast-mode.
/// </summary>
/// <remarks>
/// A call may run models several times, and its <c>iterations</c> say with what. The figures beside them are the sum of the
/// <c>message</c> ones alone; others are billed on top: https://platform.claude.com/docs/en/build-with-claude/compaction.
/// </remarks>
internal sealed record AnthropicUsage
{
    private TokenUsage Messages { get; init; } = new();

    private TokenUsage Others { get; init; } = new();

    private long? LargestPrompt { get; init; }

    /// <summary>Whether the last report of the answer's tokens could not be true.</summary>
    public bool HasOddOutput { get; private init; }

    /// <summary>All that is billed.</summary>
    public TokenUsage Sum => Messages with
    {
        InputUncached = Add(Messages.InputUncached, Others.InputUncached),
        CacheRead = Add(Messages.CacheRead, Others.CacheRead),
        CacheWrite5m = Add(Messages.CacheWrite5m, Others.CacheWrite5m),
        CacheWrite1h = Add(Messages.CacheWrite1h, Others.CacheWrite1h),
        Output = Add(Messages.Output, Others.Output),
        Estimated = Messages.Estimated || Others.Estimated,
        LargestPrompt = LargestPrompt,
    };

    /// <summary>
    /// <paramref name="before"/> with what the object reports put in its place: figures of a stream are cumulative, and a later object may
    /// leave out what an earlier one said. Null where the text is no usage object and nothing came before.
    /// </summary>
    public static AnthropicUsage? Read(ReadOnlySpan<byte> json, AnthropicUsage? before)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return before;
            var usage = ReadMembers(ref reader, before ?? new());
            return usage with { Messages = usage.Messages with { Raw = Encoding.UTF8.GetString(json) } };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Usage that cannot be read is usage that was not reported.
            return before;
        }
    }

    private static AnthropicUsage ReadMembers(ref Utf8JsonReader reader, AnthropicUsage before)
    {
        var all = before;
        var usage = before.Messages;
        var odd = usage.Estimated;
        long? written = null;
        var speed = usage.ServiceTier;
        string? tier = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("cache_creation_input_tokens"u8))
                written = Number(ref reader, ref odd);
            else if (reader.ValueTextEquals("service_tier"u8))
                tier = Tier(ref reader);
            else if (reader.ValueTextEquals("speed"u8))
                speed = Tier(ref reader);
            else if (reader.ValueTextEquals("server_tool_use"u8))
                usage = ReadServerTools(ref reader, usage, ref odd);
            else if (reader.ValueTextEquals("iterations"u8))
                all = ReadIterations(ref reader, all);
            else if (reader.ValueTextEquals("output_tokens"u8))
            {
                var isOdd = false;
                usage = usage with { Output = Number(ref reader, ref isOdd) ?? usage.Output };
                all = all with { HasOddOutput = isOdd };
                odd |= isOdd;
            }
            else
                usage = ReadCount(ref reader, usage, ref odd);
        }

        usage = WithWritten(usage, written, ref odd);
        return all with { Messages = usage with { ServiceTier = speed ?? tier, Estimated = odd } };
    }

    /// <summary>Each entry is a usage object of its own, with a type. An empty list says nothing.</summary>
    private static AnthropicUsage ReadIterations(ref Utf8JsonReader reader, AnthropicUsage before)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return before;
        }

        var others = new TokenUsage();
        long? largest = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            var (usage, isMessage, isOdd) = ReadIteration(ref reader);
            largest = Math.Max(largest ?? 0, isOdd ? long.MaxValue : usage.InputTotal);
            if (!isMessage)
                others = new AnthropicUsage { Messages = others, Others = usage }.Sum;
        }

        if (largest is null)
            return before;
        return before with { Others = others, LargestPrompt = largest == long.MaxValue ? null : largest };
    }

    /// <summary>
    /// What an adviser used is billed at the rates of its own model, which are not known here: it is charged at those of the model that was
    /// called, as an estimate. So is whatever else may come to be.
    /// </summary>
    private static (TokenUsage Usage, bool IsMessage, bool IsOdd) ReadIteration(ref Utf8JsonReader reader)
    {
        var usage = new TokenUsage();
        var odd = false;
        long? written = null;
        var isMessage = true;
        var isCompaction = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("cache_creation_input_tokens"u8))
                written = Number(ref reader, ref odd);
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                isMessage = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("message"u8);
                isCompaction = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("compaction"u8);
                reader.Skip();
            }
            else
                usage = ReadCount(ref reader, usage, ref odd);
        }

        usage = WithWritten(usage, written, ref odd);
        return (usage with { Estimated = odd || !(isMessage || isCompaction) }, isMessage, odd);
    }

    /// <summary>
    /// One of the counts that stand in every usage object, with the reader on its name; anything else is passed over.
    /// </summary>
    private static TokenUsage ReadCount(ref Utf8JsonReader reader, TokenUsage usage, ref bool odd)
    {
        if (reader.ValueTextEquals("input_tokens"u8))
            return usage with { InputUncached = Number(ref reader, ref odd) ?? usage.InputUncached };
        if (reader.ValueTextEquals("output_tokens"u8))
            return usage with { Output = Number(ref reader, ref odd) ?? usage.Output };
        if (reader.ValueTextEquals("cache_read_input_tokens"u8))
            return usage with { CacheRead = Number(ref reader, ref odd) ?? usage.CacheRead };
        if (reader.ValueTextEquals("cache_creation"u8))
            return ReadCacheCreation(ref reader, usage, ref odd);
        reader.Skip();
        return usage;
    }

    private static TokenUsage ReadCacheCreation(ref Utf8JsonReader reader, TokenUsage usage, ref bool odd)
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
                usage = usage with { CacheWrite1h = Number(ref reader, ref odd) ?? usage.CacheWrite1h };
            else if (reader.ValueTextEquals("ephemeral_5m_input_tokens"u8))
                usage = usage with { CacheWrite5m = Number(ref reader, ref odd) ?? usage.CacheWrite5m };
            else
                reader.Skip();
        }

        return usage;
    }

    /// <summary>
    /// Searches are charged one by one and fetched pages are not: https://platform.claude.com/docs/en/about-claude/pricing. What other tools
    /// cost does not stand here.
    /// </summary>
    private static TokenUsage ReadServerTools(ref Utf8JsonReader reader, TokenUsage usage, ref bool odd)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            odd |= reader.TokenType != JsonTokenType.Null;
            reader.Skip();
            return usage;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("web_search_requests"u8))
            {
                reader.Read();
                var searches = ReportedCount.Read(ref reader, ref odd, ReportedCount.MaxUses);
                usage = usage with { WebSearches = searches ?? usage.WebSearches };
            }
            else if (reader.ValueTextEquals("web_fetch_requests"u8))
                reader.Skip();
            else
                odd |= Number(ref reader, ref odd) > 0;
        }

        return usage;
    }

    /// <summary>The total is the truth: what the split by life time does not name was written for the shorter one.</summary>
    private static TokenUsage WithWritten(TokenUsage usage, long? total, ref bool odd)
    {
        if (total is not { } written)
            return usage;
        odd |= (usage.CacheWrite1h ?? 0) > written;
        return usage with { CacheWrite5m = Math.Max(written - (usage.CacheWrite1h ?? 0), 0) };
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

    private static long? Number(ref Utf8JsonReader reader, ref bool odd)
    {
        reader.Read();
        return ReportedCount.Read(ref reader, ref odd);
    }

    private static long? Add(long? a, long? b) => a is null ? b : a + (b ?? 0);
}
