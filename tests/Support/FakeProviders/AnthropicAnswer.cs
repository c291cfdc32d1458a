using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Support.FakeProviders;

/// <summary>An answer of Anthropic's Messages API.</summary>
public sealed record AnthropicAnswer
{
    public string Id { get; init; } = "msg_1";

    public string Model { get; init; } = "claude-fake-20260101";

    /// <summary>Comes first, with a signature; null: no thinking.</summary>
    public string? Thinking { get; init; }

    /// <summary>Null with tool calls only.</summary>
    public string? Text { get; init; } = "Hello there, friend.";

    public ImmutableArray<ToolCall> ToolCalls { get; init; } = [];

    public string? StopReason { get; init; }

    /// <summary>Without what a cache served or took, as Anthropic counts.</summary>
    public int InputTokens { get; init; } = 11;

    public int OutputTokens { get; init; } = 7;

    public int CacheReadInputTokens { get; init; }

    /// <summary>Written to the cache for five minutes.</summary>
    public int CacheCreation5mInputTokens { get; init; }

    /// <summary>Written to the cache for an hour.</summary>
    public int CacheCreation1hInputTokens { get; init; }

    /// <summary>Reported in the usage; null: not reported.</summary>
    public string? Speed { get; init; }

    private string Reason => StopReason ?? (ToolCalls.IsEmpty ? "end_turn" : "tool_use");

    /// <summary>The unstreamed answer.</summary>
    public string ToJson()
    {
        var content = new JsonArray();
        if (Thinking is not null)
            content.Add(new JsonObject { ["type"] = "thinking", ["thinking"] = Thinking, ["signature"] = "c2lnbmF0dXJl" });
        if (Text is not null)
            content.Add(new JsonObject { ["type"] = "text", ["text"] = Text });
        foreach (var tool in ToolCalls)
        {
            var input = JsonNode.Parse(tool.Arguments);
            content.Add(new JsonObject { ["type"] = "tool_use", ["id"] = tool.Id, ["name"] = tool.Name, ["input"] = input });
        }
        return Message(content, Reason, OutputTokens).ToJsonString();
    }

    /// <summary>The frames of the stream, in the API's order: https://docs.anthropic.com/en/api/messages-streaming.</summary>
    public ImmutableArray<string> ToEvents()
    {
        var events = ImmutableArray.CreateBuilder<string>();
        events.Add(Frame("message_start", new() { ["message"] = Message([], null, 1) }));
        var index = 0;
        void Block(JsonObject start, params IEnumerable<JsonObject> deltas)
        {
            events.Add(Frame("content_block_start", new() { ["index"] = index, ["content_block"] = start }));
            if (index == 0)
                events.Add(Frame("ping", []));
            foreach (var delta in deltas)
                events.Add(Frame("content_block_delta", new() { ["index"] = index, ["delta"] = delta }));
            events.Add(Frame("content_block_stop", new() { ["index"] = index }));
            index++;
        }

        if (Thinking is not null)
        {
            Block(
                new() { ["type"] = "thinking", ["thinking"] = "", ["signature"] = "" },
                [
                    new() { ["type"] = "thinking_delta", ["thinking"] = Thinking },
                    new() { ["type"] = "signature_delta", ["signature"] = "c2lnbmF0dXJl" },
                ]);
        }

        if (Text is not null)
        {
            var words = Text.Split(' ').Select((w, i) => i == 0 ? w : " " + w);
            Block(
                new() { ["type"] = "text", ["text"] = "" },
                words.Select(w => new JsonObject { ["type"] = "text_delta", ["text"] = w }));
        }

        foreach (var tool in ToolCalls)
        {
            string[] halves = ["", tool.Arguments[..(tool.Arguments.Length / 2)], tool.Arguments[(tool.Arguments.Length / 2)..]];
            Block(
                new() { ["type"] = "tool_use", ["id"] = tool.Id, ["name"] = tool.Name, ["input"] = new JsonObject() },
                halves.Select(h => new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = h }));
        }

        var end = new JsonObject { ["stop_reason"] = Reason, ["stop_sequence"] = null };
        events.Add(Frame("message_delta", new() { ["delta"] = end, ["usage"] = new JsonObject { ["output_tokens"] = OutputTokens } }));
        events.Add(Frame("message_stop", []));
        return events.ToImmutable();
    }

    private static string Frame(string type, JsonObject data)
    {
        data.Insert(0, "type", type);
        return $"event: {type}\ndata: {data.ToJsonString()}\n\n";
    }

    private JsonObject Message(JsonArray content, string? stopReason, int outputTokens) => new()
    {
        ["id"] = Id,
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = Model,
        ["content"] = content,
        ["stop_reason"] = stopReason,
        ["stop_sequence"] = null,
        ["usage"] = Usage(outputTokens),
    };

    private JsonObject Usage(int outputTokens)
    {
        var usage = new JsonObject
        {
            ["input_tokens"] = InputTokens,
            ["cache_creation_input_tokens"] = CacheCreation5mInputTokens + CacheCreation1hInputTokens,
            ["cache_read_input_tokens"] = CacheReadInputTokens,
            ["cache_creation"] = new JsonObject
            {
                ["ephemeral_5m_input_tokens"] = CacheCreation5mInputTokens,
                ["ephemeral_1h_input_tokens"] = CacheCreation1hInputTokens,
            },
            ["output_tokens"] = outputTokens,
        };
        if (Speed is not null)
            usage["speed"] = Speed;
        return usage;
    }
}
