using System.Text.Json;
using Gateway.Server.Metering;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers.Anthropic;

/// <summary>
/// Understands the Messages API. Events: https://docs.anthropic.com/en/docs/build-with-claude/streaming. Unknown ones are passed on.
/// </summary>
internal sealed class AnthropicMessagesTap : JsonTap
{
    private readonly AnthropicBlock _block = new();
    private AnthropicUsage? _usage;

    protected override TokenUsage? ReadUsage(ReadOnlySpan<byte> json)
    {
        _usage = AnthropicUsage.Read(json, _usage);
        HasOddOutput = _usage?.HasOddOutput == true;
        return _usage?.Sum;
    }

    protected override bool HoldsAnswer(ref Utf8JsonReader name) => name.ValueTextEquals("content"u8);

    /// <summary>Blocks are the objects of an array.</summary>
    protected override void ReadAnswer(ref Utf8JsonReader reader)
    {
        TextBytes += _block.Read(ref reader, reader.CurrentDepth - 2);
        WebSearches = _block.WebSearches;
    }

    protected override EventVerdict ReadEvent(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data, Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return EventVerdict.Content;
        var kind = EventKind.Other;
        var text = 0L;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = MemberOf(ref reader);
            reader.Read();
            switch (member)
            {
                case Member.Type:
                    kind = KindOf(ref reader);
                    break;
                case Member.Message:
                    ReadMessage(ref reader, data);
                    break;
                case Member.Usage:
                    TakeUsage(ref reader, data);
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
                // Servers that only resemble Anthropic's leave out the type of their errors.
                return Fault is null ? EventVerdict.Content : EventVerdict.Error;
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
            if (isUsage)
                TakeUsage(ref reader, data);
            else
                reader.Skip();
        }
    }

    /// <summary>What a block or a delta brings.</summary>
    private long TextIn(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return 0;
        }

        var text = 0L;
        var depth = reader.CurrentDepth;
        _block.Read(ref reader, 0);
        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == depth))
            text += _block.Read(ref reader, reader.CurrentDepth - depth);
        WebSearches = _block.WebSearches;
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
