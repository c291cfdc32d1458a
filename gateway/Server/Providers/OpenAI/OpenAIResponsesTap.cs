using System.Text.Json;
using System.Text;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers.OpenAI;

/// <summary>
/// Understands the Responses API. Its stream has typed events and ends with <c>response.completed</c>, <c>.incomplete</c> or
/// <c>.failed</c>: https://platform.openai.com/docs/api-reference/responses-streaming.
/// </summary>
internal sealed class OpenAIResponsesTap : AnswerTap, IAnswerMembers
{
    private AnswerBody? _body;
    private string? _serviceTier;

    public override EventVerdict OnEvent(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || data.SequenceEqual("[DONE]"u8))
            return EventVerdict.Lifecycle;
        try
        {
            return ReadEvent(data);
        }
        catch (JsonException)
        {
            return EventVerdict.Content;
        }
    }

    public override void OnBody(ReadOnlySpan<byte> bytes, bool isLast)
    {
        _body ??= new(this);
        _body.OnBytes(bytes, isLast);
        IsComplete = _body.IsComplete;
    }

    bool IAnswerMembers.Wants(ref Utf8JsonReader name) => name.ValueTextEquals("usage"u8) || name.ValueTextEquals("service_tier"u8);

    void IAnswerMembers.OnMember(string name, ReadOnlySpan<byte> json)
    {
        if (string.Equals(name, "service_tier", StringComparison.Ordinal))
            SetServiceTier(Encoding.UTF8.GetString(json).Trim().Trim('"'));
        else
            Usage = OpenAIUsage.Read(json, _serviceTier) ?? Usage;
    }

    void IAnswerMembers.OnText(long bytes) => TextBytes += bytes;

    private EventVerdict ReadEvent(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return EventVerdict.Content;
        var verdict = EventVerdict.Content;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                verdict = VerdictOf(ref reader);
                if (verdict == EventVerdict.Error)
                    Fault = UpstreamFaults.Read(data) ?? FlatFault(data);
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
            var start = (int)reader.TokenStartIndex;
            if (isTier && reader.TokenType == JsonTokenType.String)
                SetServiceTier(reader.GetString());
            else if (isError && reader.TokenType == JsonTokenType.StartObject)
                Fault = UpstreamFaults.Read(ref reader);
            else
                reader.Skip();
            if (isUsage)
                Usage = OpenAIUsage.Read(data[start..(int)reader.BytesConsumed], _serviceTier) ?? Usage;
        }
    }

    /// <summary>The <c>error</c> event carries code and message beside its type.</summary>
    private static UpstreamFault FlatFault(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        reader.Read();
        return UpstreamFaults.Read(ref reader);
    }

    private void SetServiceTier(string? tier)
    {
        _serviceTier = tier is "default" or "auto" or "null" ? null : tier;
        if (Usage is not null)
            Usage = Usage with { ServiceTier = _serviceTier };
    }
}
