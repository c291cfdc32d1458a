using System.Text.Json;

namespace Gateway.Server.Providers.Simulated;

/// <summary>Anthropic's messages: https://docs.anthropic.com/en/api/messages-streaming. Pure.</summary>
internal static class Messages
{
    public static void Write(Utf8JsonWriter json, SimulatedAnswer answer) => WriteMessage(json, answer, isStart: false);

    /// <summary>The answer of <c>/messages/count_tokens</c>.</summary>
    public static void WriteCount(Utf8JsonWriter json, SimulatedAnswer answer)
    {
        json.WriteStartObject();
        json.WriteNumber("input_tokens"u8, answer.PromptTokens);
        json.WriteEndObject();
    }

    public static IEnumerable<ReadOnlyMemory<byte>> Events(JsonFrame frame, SimulatedAnswer answer)
    {
        yield return MessageStart(frame, answer);
        yield return BlockStart(frame, answer);
        yield return Ping;
        foreach (var piece in answer.Pieces)
            yield return BlockDelta(frame, "text_delta", "text", piece);
        if (answer.Tool is not null)
        {
            foreach (var fragment in answer.ArgumentFragments().Prepend(""))
                yield return BlockDelta(frame, "input_json_delta", "partial_json", fragment);
        }

        yield return BlockStop;
        yield return MessageDelta(frame, answer);
        yield return MessageStop;
    }

    private static ReadOnlyMemory<byte> Ping { get; } = "event: ping\ndata: {\"type\":\"ping\"}\n\n"u8.ToArray();

    private static ReadOnlyMemory<byte> BlockStop { get; } =
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"u8.ToArray();

    private static ReadOnlyMemory<byte> MessageStop { get; } = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8.ToArray();

    private static ReadOnlyMemory<byte> MessageStart(JsonFrame frame, SimulatedAnswer answer)
    {
        var json = frame.Begin("message_start"u8);
        json.WriteStartObject();
        json.WriteString("type"u8, "message_start"u8);
        json.WritePropertyName("message"u8);
        WriteMessage(json, answer, isStart: true);
        json.WriteEndObject();
        return frame.End();
    }

    private static ReadOnlyMemory<byte> BlockStart(JsonFrame frame, SimulatedAnswer answer)
    {
        var json = frame.Begin("content_block_start"u8);
        json.WriteStartObject();
        json.WriteString("type"u8, "content_block_start"u8);
        json.WriteNumber("index"u8, 0);
        json.WritePropertyName("content_block"u8);
        WriteBlock(json, answer, isStart: true);
        json.WriteEndObject();
        return frame.End();
    }

    private static ReadOnlyMemory<byte> BlockDelta(JsonFrame frame, string type, string member, string value)
    {
        var json = frame.Begin("content_block_delta"u8);
        json.WriteStartObject();
        json.WriteString("type"u8, "content_block_delta"u8);
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("delta"u8);
        json.WriteString("type"u8, type);
        json.WriteString(member, value);
        json.WriteEndObject();
        json.WriteEndObject();
        return frame.End();
    }

    private static ReadOnlyMemory<byte> MessageDelta(JsonFrame frame, SimulatedAnswer answer)
    {
        var json = frame.Begin("message_delta"u8);
        json.WriteStartObject();
        json.WriteString("type"u8, "message_delta"u8);
        json.WriteStartObject("delta"u8);
        json.WriteString("stop_reason"u8, StopReason(answer));
        json.WriteNull("stop_sequence"u8);
        json.WriteEndObject();
        json.WriteStartObject("usage"u8);
        WriteInputUsage(json, answer);
        json.WriteNumber("output_tokens"u8, answer.CompletionTokens);
        json.WriteEndObject();
        json.WriteEndObject();
        return frame.End();
    }

    private static void WriteMessage(Utf8JsonWriter json, SimulatedAnswer answer, bool isStart)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, "msg_" + answer.Id);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, answer.Request.Model);
        json.WriteStartArray("content"u8);
        if (!isStart)
            WriteBlock(json, answer, isStart: false);
        json.WriteEndArray();
        json.WriteString("stop_reason"u8, isStart ? null : StopReason(answer));
        json.WriteNull("stop_sequence"u8);
        json.WriteStartObject("usage"u8);
        WriteInputUsage(json, answer);
        json.WriteStartObject("cache_creation"u8);
        json.WriteNumber("ephemeral_5m_input_tokens"u8, 0);
        json.WriteNumber("ephemeral_1h_input_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteNumber("output_tokens"u8, isStart ? Math.Min(answer.CompletionTokens, 1) : answer.CompletionTokens);
        json.WriteString("service_tier"u8, "standard"u8);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteBlock(Utf8JsonWriter json, SimulatedAnswer answer, bool isStart)
    {
        json.WriteStartObject();
        if (answer.Tool is { } tool)
        {
            json.WriteString("type"u8, "tool_use"u8);
            json.WriteString("id"u8, "toolu_" + answer.Id);
            json.WriteString("name"u8, tool.Name);
            json.WritePropertyName("input"u8);
            json.WriteRawValue(isStart ? "{}" : tool.Arguments);
        }
        else
        {
            json.WriteString("type"u8, "text"u8);
            json.WriteString("text"u8, isStart ? "" : answer.Text);
        }

        json.WriteEndObject();
    }

    /// <summary><c>input_tokens</c> leaves out what the cache served.</summary>
    private static void WriteInputUsage(Utf8JsonWriter json, SimulatedAnswer answer)
    {
        json.WriteNumber("input_tokens"u8, answer.PromptTokens - answer.CachedTokens);
        json.WriteNumber("cache_creation_input_tokens"u8, 0);
        json.WriteNumber("cache_read_input_tokens"u8, answer.CachedTokens);
    }

    private static string StopReason(SimulatedAnswer answer) =>
        answer.Tool is not null ? "tool_use" : answer.IsCutByLength ? "max_tokens" : "end_turn";
}
