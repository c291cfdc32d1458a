using System.Text.Json;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers.Anthropic;

/// <summary>
/// Understands the Messages API. Events: https://docs.anthropic.com/en/docs/build-with-claude/streaming. Unknown ones are passed on.
/// </summary>
internal sealed class AnthropicMessagesTap : AnswerTap, IAnswerMembers
{
    private AnswerBody? _body;

    public override EventVerdict OnEvent(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
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

    bool IAnswerMembers.Wants(ref Utf8JsonReader name) => name.ValueTextEquals("usage"u8);

    void IAnswerMembers.OnMember(string name, ReadOnlySpan<byte> json) => Usage = AnthropicUsage.Read(json, Usage);

    void IAnswerMembers.OnText(long bytes) => TextBytes += bytes;

    private EventVerdict ReadEvent(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return EventVerdict.Content;
        var kind = EventKind.Other;
        var text = 0L;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = MemberOf(ref reader);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            switch (member)
            {
                case Member.Type:
                    kind = KindOf(ref reader);
                    break;
                case Member.Message:
                    ReadMessage(ref reader, data);
                    break;
                case Member.Usage:
                    reader.Skip();
                    Usage = AnthropicUsage.Read(data[start..(int)reader.BytesConsumed], Usage);
                    break;
                case Member.Part:
                    text += TextIn(ref reader);
                    break;
                case Member.Error when reader.TokenType == JsonTokenType.StartObject:
                    Fault = UpstreamFaults.Read(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return Judge(kind, text);
    }

    private EventVerdict Judge(EventKind kind, long text)
    {
        switch (kind)
        {
            case EventKind.Part:
                TextBytes += text;
                return text > 0 ? EventVerdict.Content : EventVerdict.Lifecycle;
            case EventKind.Stop:
                IsComplete = true;
                return EventVerdict.End;
            case EventKind.Error:
                Fault ??= new("api_error", "The provider reported an error without a message.");
                return EventVerdict.Error;
            case EventKind.Lifecycle:
                return EventVerdict.Lifecycle;
            default:
                return EventVerdict.Content;
        }
    }

    private void ReadMessage(ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUsage = reader.ValueTextEquals("usage"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isUsage)
                Usage = AnthropicUsage.Read(data[start..(int)reader.BytesConsumed], Usage);
        }
    }

    /// <summary>What a block or a delta brings, its own type aside. A tool's id and name are content: a client acts on them.</summary>
    private static long TextIn(ref Utf8JsonReader reader)
    {
        var text = 0L;
        var depth = reader.CurrentDepth;
        var isType = false;
        if (reader.TokenType != JsonTokenType.StartObject)
            return 0;
        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == depth))
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
                isType = reader.ValueTextEquals("type"u8);
            else if (reader.TokenType == JsonTokenType.String && !isType)
                text += reader.ValueSpan.Length;
        }

        return text;
    }

    private static Member MemberOf(ref Utf8JsonReader name)
    {
        if (name.ValueTextEquals("type"u8))
            return Member.Type;
        if (name.ValueTextEquals("delta"u8) || name.ValueTextEquals("content_block"u8))
            return Member.Part;
        if (name.ValueTextEquals("message"u8))
            return Member.Message;
        if (name.ValueTextEquals("usage"u8))
            return Member.Usage;
        return name.ValueTextEquals("error"u8) ? Member.Error : Member.Other;
    }

    private static EventKind KindOf(ref Utf8JsonReader type)
    {
        if (type.ValueTextEquals("content_block_delta"u8) || type.ValueTextEquals("content_block_start"u8))
            return EventKind.Part;
        if (type.ValueTextEquals("message_start"u8) || type.ValueTextEquals("ping"u8) || type.ValueTextEquals("content_block_stop"u8))
            return EventKind.Lifecycle;
        if (type.ValueTextEquals("message_stop"u8))
            return EventKind.Stop;
        return type.ValueTextEquals("error"u8) ? EventKind.Error : EventKind.Other;
    }

    private enum Member
    {
        Other,
        Type,
        Message,
        Part,
        Usage,
        Error,
    }

    private enum EventKind
    {
        Other,
        Lifecycle,
        Part,
        Stop,
        Error,
    }
}
