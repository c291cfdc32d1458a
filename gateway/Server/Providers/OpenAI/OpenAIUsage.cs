using System.Text.Json;
using System.Text;
using Gateway.Server.Metering;

namespace Gateway.Server.Providers.OpenAI;

/// <summary>
/// The usage object of the OpenAI APIs. Its prompt tokens include cached and audio ones, and its completion tokens include reasoning and
/// audio ones: https://platform.openai.com/docs/api-reference/chat/object and …/responses/object.
/// </summary>
internal static class OpenAIUsage
{
    /// <summary>
    /// Null where the text is no usage object. What cannot be true is not believed and makes the rest an estimate, see
    /// <see cref="ReportedCount"/>.
    /// </summary>
    public static TokenUsage? Read(ReadOnlySpan<byte> json)
    {
        var counts = default(Counts);
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            counts.ReadMembers(ref reader, Part.Whole);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Usage that cannot be read is usage that was not reported: it is estimated then, and marked as such.
            return null;
        }

        return counts.ToUsage(Encoding.UTF8.GetString(json));
    }

    private struct Counts
    {
        private long? _input;
        private long? _output;
        private long? _total;
        private long? _cached;
        private long? _cacheWrite;
        private long? _audioInput;
        private long? _audioOutput;
        private long? _reasoning;
        private long? _webSearches;
        private long? _fileSearches;
        private bool _isOdd;

        /// <param name="reader">On the object's start.</param>
        /// <param name="part">What these are the details of.</param>
        public void ReadMembers(ref Utf8JsonReader reader, Part part)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var details = PartOf(ref reader);
                var most = part == Part.Tools ? ReportedCount.MaxUses : ReportedCount.Max;
                var isFree = reader.ValueTextEquals("mcp_calls"u8);
                ref var count = ref Slot(ref reader, part, ref this, out var known);
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartObject && details != Part.Whole)
                    ReadMembers(ref reader, details);
                else if (known)
                    count = ReportedCount.Read(ref reader, ref _isOdd, most) ?? count;
                else if (part == Part.Tools && !isFree)
                    _isOdd |= ReportedCount.Read(ref reader, ref _isOdd) > 0;
                else
                    reader.Skip();
            }
        }

        private static Part PartOf(ref Utf8JsonReader name)
        {
            if (name.ValueTextEquals("prompt_tokens_details"u8) || name.ValueTextEquals("input_tokens_details"u8))
                return Part.Prompt;
            if (name.ValueTextEquals("completion_tokens_details"u8) || name.ValueTextEquals("output_tokens_details"u8))
                return Part.Answer;

            // xAI counts the tools that it ran, and charges for all but MCP: https://docs.x.ai/developers/pricing. Those whose fees have no
            // place here make it an estimate.
            return name.ValueTextEquals("server_side_tool_usage_details"u8) ? Part.Tools : Part.Whole;
        }

        public readonly TokenUsage? ToUsage(string raw)
        {
            if (_input is null && _output is null)
                return null;
            var input = _input ?? 0;
            var cached = Math.Min(_cached ?? 0, input);
            var cacheWrite = Math.Min(_cacheWrite ?? 0, input - cached);
            var audioInput = Math.Min(_audioInput ?? 0, input - cached - cacheWrite);
            var hidden = Hidden();
            var isInside = !(_reasoning > _output + hidden);
            var output = isInside ? _output + hidden : _reasoning;
            var audioOutput = Math.Min(_audioOutput ?? 0, output ?? 0);
            var contradicts = cached + cacheWrite + audioInput + audioOutput
                != (_cached ?? 0) + (_cacheWrite ?? 0) + (_audioInput ?? 0) + (_audioOutput ?? 0);
            return new()
            {
                InputUncached = _input - cached - cacheWrite - audioInput,
                CacheRead = _cached is null ? null : cached,
                CacheWrite5m = _cacheWrite is null ? null : cacheWrite,
                AudioInput = _audioInput is null ? null : audioInput,
                Output = output - audioOutput,
                Reasoning = _reasoning,
                AudioOutput = _audioOutput is null ? null : audioOutput,
                WebSearches = _webSearches,
                FileSearches = _fileSearches,
                Estimated = _isOdd || contradicts || !isInside || (hidden > 0 && hidden != _reasoning),
                Raw = raw,
            };
        }

        /// <summary>
        /// Tokens of the total that neither half holds. Some servers leave what a model thinks out of the completion tokens, and bill it as
        /// such: https://docs.x.ai/docs/key-information/consumption-and-rate-limits says so of its reasoning tokens.
        /// </summary>
        private readonly long Hidden() => Math.Max((_total - _input - _output) ?? 0, 0);

        private static ref long? Slot(ref Utf8JsonReader reader, Part part, ref Counts counts, out bool known)
        {
            known = true;
            switch (part)
            {
                case Part.Whole when reader.ValueTextEquals("prompt_tokens"u8) || reader.ValueTextEquals("input_tokens"u8):
                    return ref counts._input;
                case Part.Whole when reader.ValueTextEquals("completion_tokens"u8) || reader.ValueTextEquals("output_tokens"u8):
                    return ref counts._output;
                case Part.Whole when reader.ValueTextEquals("total_tokens"u8):
                    return ref counts._total;

                // DeepSeek reports its cache beside the details: https://api-docs.deepseek.com/guides/kv_cache.
                case Part.Whole when reader.ValueTextEquals("prompt_cache_hit_tokens"u8):
                case Part.Prompt when reader.ValueTextEquals("cached_tokens"u8):
                    return ref counts._cached;
                case Part.Prompt when reader.ValueTextEquals("cache_write_tokens"u8):
                    return ref counts._cacheWrite;
                case Part.Prompt when reader.ValueTextEquals("audio_tokens"u8):
                    return ref counts._audioInput;
                case Part.Answer when reader.ValueTextEquals("reasoning_tokens"u8):
                    return ref counts._reasoning;
                case Part.Answer when reader.ValueTextEquals("audio_tokens"u8):
                    return ref counts._audioOutput;
                case Part.Tools when reader.ValueTextEquals("web_search_calls"u8):
                    return ref counts._webSearches;
                case Part.Tools when reader.ValueTextEquals("file_search_calls"u8):
                    return ref counts._fileSearches;
                default:
                    known = false;
                    return ref counts._reasoning;
            }
        }
    }

    /// <summary>Of a usage object.</summary>
    private enum Part
    {
        Whole,
        Prompt,
        Answer,
        Tools,
    }
}
