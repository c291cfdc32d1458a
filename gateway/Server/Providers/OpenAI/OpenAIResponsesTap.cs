using System.Text.Json;
using Gateway.Server.Metering;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers.OpenAI;

/// <summary>
/// Understands the Responses API. Its stream has typed events and ends with <c>response.completed</c>, <c>.incomplete</c> or
/// <c>.failed</c>: https://platform.openai.com/docs/api-reference/responses-streaming.
/// </summary>
internal sealed class OpenAIResponsesTap : JsonTap
{
    private readonly OutputItems _items = new();

    /// <summary>A response that failed is a response, with its id, its status and its usage.</summary>
    protected override bool ErrorIsFault => false;

    protected override TokenUsage? ReadUsage(ReadOnlySpan<byte> json) => OpenAIUsage.Read(json);

    protected override bool HoldsAnswer(ref Utf8JsonReader name) => name.ValueTextEquals("output"u8);

    /// <summary>Items are the objects of an array.</summary>
    protected override void ReadAnswer(ref Utf8JsonReader reader)
    {
        TextBytes += _items.Read(ref reader, reader.CurrentDepth - 2);
        TakeTools(_items);
    }

    protected override EventVerdict ReadEvent(ReadOnlySpan<byte> data)
    {
        if (data.SequenceEqual("[DONE]"u8))
            return EventVerdict.Lifecycle;
        var reader = new Utf8JsonReader(data, Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return EventVerdict.Content;
        var verdict = EventVerdict.Content;
        var isItem = false;
        var item = default(Utf8JsonReader);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                isItem = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("response.output_item.done"u8);
                verdict = VerdictOf(ref reader);
            }
            else if (reader.ValueTextEquals("delta"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String)
                    TextBytes += JsonText.Bytes(ref reader);
                else
                    reader.Skip();
            }
            else if (reader.ValueTextEquals("item"u8))
            {
                reader.Read();
                item = reader;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("response"u8))
            {
                reader.Read();
                ReadResponse(ref reader, data);
            }
            else
                reader.Skip();
        }

        if (isItem)
        {
            _items.ReadWhole(ref item);
            TakeTools(_items);
        }

        if (verdict == EventVerdict.Error)
            Fault ??= UpstreamFaults.Read(data) ?? FlatFault(data);
        return verdict;
    }

    private EventVerdict VerdictOf(ref Utf8JsonReader type)
    {
        if (type.ValueTextEquals("response.completed"u8) || type.ValueTextEquals("response.incomplete"u8))
        {
            IsComplete = true;
            return EventVerdict.End;
        }

        if (type.ValueTextEquals("response.failed"u8) || type.ValueTextEquals("error"u8))
            return EventVerdict.Error;
        return type.ValueTextEquals("response.created"u8) || type.ValueTextEquals("response.in_progress"u8)
            || type.ValueTextEquals("response.queued"u8) || type.ValueTextEquals("response.output_item.added"u8)
            || type.ValueTextEquals("response.content_part.added"u8) || type.ValueTextEquals("keepalive"u8)
            ? EventVerdict.Lifecycle
            : EventVerdict.Content;
    }

    private void ReadResponse(ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUsage = reader.ValueTextEquals("usage"u8);
            var isTier = reader.ValueTextEquals("service_tier"u8);
            var isError = reader.ValueTextEquals("error"u8);
            var isOutput = reader.ValueTextEquals("output"u8);
            reader.Read();
            if (isOutput)
                TakeOutput(ref reader);
            else if (isUsage)
                TakeUsage(ref reader, data);
            else if (isTier)
                TakeServiceTier(ref reader);
            else if (isError && reader.TokenType == JsonTokenType.StartObject)
                Fault = UpstreamFaults.Read(ref reader);
            else
                reader.Skip();
        }
    }

    /// <summary>The end of a stream repeats its items. What does not send them one by one is known by it alone.</summary>
    private void TakeOutput(ref Utf8JsonReader reader)
    {
        var all = new OutputItems();
        all.ReadWhole(ref reader);
        TakeTools(all);
    }

    private void TakeTools(OutputItems items)
    {
        WebSearches = Math.Max(WebSearches, items.WebSearches);
        FileSearches = Math.Max(FileSearches, items.FileSearches);
        HasUnknownFees |= items.HasUnknownFees;
    }

    /// <summary>The <c>error</c> event carries code and message beside its type.</summary>
    private static UpstreamFault FlatFault(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data, Options);
        reader.Read();
        return UpstreamFaults.Read(ref reader, isEvent: true);
    }
}
