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
    /// <summary>A response that failed is a response, with its id, its status and its usage.</summary>
    protected override bool ErrorIsFault => false;

    protected override TokenUsage? ReadUsage(ReadOnlySpan<byte> json) => OpenAIUsage.Read(json);

    protected override EventVerdict ReadEvent(ReadOnlySpan<byte> data)
    {
        if (data.SequenceEqual("[DONE]"u8))
            return EventVerdict.Lifecycle;
        var reader = new Utf8JsonReader(data, Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return EventVerdict.Content;
        var verdict = EventVerdict.Content;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                verdict = VerdictOf(ref reader);
            }
            else if (reader.ValueTextEquals("delta"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String)
                    TextBytes += reader.ValueSpan.Length;
                else
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
            reader.Read();
            if (isUsage)
                TakeUsage(ref reader, data);
            else if (isTier)
                TakeServiceTier(ref reader);
            else if (isError && reader.TokenType == JsonTokenType.StartObject)
                Fault = UpstreamFaults.Read(ref reader);
            else
                reader.Skip();
        }
    }

    /// <summary>The <c>error</c> event carries code and message beside its type.</summary>
    private static UpstreamFault FlatFault(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data, Options);
        reader.Read();
        return UpstreamFaults.Read(ref reader, isEvent: true);
    }
}
