using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Support.FakeProviders;

/// <summary>An answer of OpenAI's API, as its four endpoints would write it.</summary>
public sealed record OpenAiAnswer
{
    public string Id { get; init; } = "chatcmpl-1";

    public string Model { get; init; } = "gpt-fake-2026-01-01";

    /// <summary>Null with tool calls only.</summary>
    public string? Text { get; init; } = "Hello there, friend.";

    public ImmutableArray<ToolCall> ToolCalls { get; init; } = [];

    public string? FinishReason { get; init; }

    /// <summary>Cached ones included, as OpenAI counts.</summary>
    public int PromptTokens { get; init; } = 11;

    /// <summary>Reasoning included.</summary>
    public int CompletionTokens { get; init; } = 7;

    public int CachedTokens { get; init; }

    public int ReasoningTokens { get; init; }

    /// <summary>As the answer reports it; null: the member is absent.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>False: the answer reports no usage.</summary>
    public bool ReportsUsage { get; init; } = true;

    private string Reason => FinishReason ?? (ToolCalls.IsEmpty ? "stop" : "tool_calls");

    /// <summary>The unstreamed answer of <c>/chat/completions</c>.</summary>
    public string ToChatJson()
    {
        var message = new JsonObject { ["role"] = "assistant", ["content"] = Text };
        if (!ToolCalls.IsEmpty)
            message["tool_calls"] = new JsonArray([.. ToolCalls.Select(t => Tool(t, t.Arguments))]);
        var choice = new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = Reason };
        return WithUsage(Envelope("chat.completion", choice)).ToJsonString();
    }

    /// <summary>The frames of a streamed <c>/chat/completions</c>, <c>[DONE]</c> included; text goes word by word.</summary>
    public ImmutableArray<string> ToChatEvents(bool includeUsage = true)
    {
        var events = ImmutableArray.CreateBuilder<string>();
        events.Add(Chunk(new() { ["role"] = "assistant", ["content"] = "" }, null, includeUsage));
        foreach (var word in Words())
            events.Add(Chunk(new() { ["content"] = word }, null, includeUsage));
        foreach (var (tool, index) in ToolCalls.Select((t, i) => (t, i)))
        {
            events.Add(Chunk(new() { ["tool_calls"] = new JsonArray(Tool(tool, "", index)) }, null, includeUsage));
            foreach (var half in Halves(tool.Arguments))
            {
                var fragment = new JsonObject { ["index"] = index, ["function"] = new JsonObject { ["arguments"] = half } };
                events.Add(Chunk(new() { ["tool_calls"] = new JsonArray(fragment) }, null, includeUsage));
            }
        }

        events.Add(Chunk([], Reason, includeUsage));
        if (includeUsage && ReportsUsage)
            events.Add(Frame(WithUsage(Envelope("chat.completion.chunk"))));
        events.Add("data: [DONE]\n\n");
        return events.ToImmutable();
    }

    /// <summary>The unstreamed answer of <c>/completions</c>.</summary>
    public string ToCompletionJson() =>
        WithUsage(
            Envelope("text_completion", new JsonObject { ["index"] = 0, ["text"] = Text, ["logprobs"] = null, ["finish_reason"] = Reason }))
            .ToJsonString();

    /// <summary>The answer of <c>/embeddings</c>: one vector of three numbers.</summary>
    public string ToEmbeddingsJson() => new JsonObject
    {
        ["object"] = "list",
        ["data"] = new JsonArray(
            new JsonObject { ["object"] = "embedding", ["index"] = 0, ["embedding"] = new JsonArray(0.25, -0.5, 0.75) }),
        ["model"] = Model,
        ["usage"] = new JsonObject { ["prompt_tokens"] = PromptTokens, ["total_tokens"] = PromptTokens },
    }.ToJsonString();

    /// <summary>The unstreamed answer of <c>/responses</c>.</summary>
    public string ToResponseJson() => Response("completed").ToJsonString();

    /// <summary>The typed events of a streamed <c>/responses</c>.</summary>
    public ImmutableArray<string> ToResponseEvents()
    {
        var events = ImmutableArray.CreateBuilder<string>();
        var sequence = 0;
        void Add(string type, JsonObject members)
        {
            members.Insert(0, "type", type);
            members["sequence_number"] = sequence++;
            events.Add($"event: {type}\n{Frame(members)}");
        }

        Add("response.created", new() { ["response"] = Response("in_progress") });
        foreach (var word in Words())
        {
            Add(
                "response.output_text.delta",
                new() { ["item_id"] = "msg_1", ["output_index"] = 0, ["content_index"] = 0, ["delta"] = word });
        }

        Add("response.completed", new() { ["response"] = Response("completed") });
        return events.ToImmutable();
    }

    private static string Frame(JsonObject json) => $"data: {json.ToJsonString()}\n\n";

    private static JsonObject Tool(ToolCall tool, string arguments, int? index = null)
    {
        var json = new JsonObject
        {
            ["id"] = tool.Id,
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = tool.Name, ["arguments"] = arguments },
        };
        if (index is { } i)
            json.Insert(0, "index", i);
        return json;
    }

    private static IEnumerable<string> Halves(string text) => [text[..(text.Length / 2)], text[(text.Length / 2)..]];

    private IEnumerable<string> Words() =>
        (Text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((w, i) => i == 0 ? w : " " + w);

    private string Chunk(JsonObject delta, string? finishReason, bool includeUsage)
    {
        var choice = new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finishReason };
        var chunk = Envelope("chat.completion.chunk", choice);
        if (includeUsage)
            chunk["usage"] = null;
        return Frame(chunk);
    }

    private JsonObject Envelope(string type, params JsonNode[] choices)
    {
        var json = new JsonObject
        {
            ["id"] = Id,
            ["object"] = type,
            ["created"] = 1_767_225_600,
            ["model"] = Model,
            ["choices"] = new JsonArray(choices),
        };
        if (ServiceTier is not null)
            json["service_tier"] = ServiceTier;
        return json;
    }

    private JsonObject WithUsage(JsonObject json)
    {
        if (!ReportsUsage)
            return json;
        json["usage"] = new JsonObject
        {
            ["prompt_tokens"] = PromptTokens,
            ["completion_tokens"] = CompletionTokens,
            ["total_tokens"] = PromptTokens + CompletionTokens,
            ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = CachedTokens },
            ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = ReasoningTokens },
        };
        return json;
    }

    private JsonObject Response(string status)
    {
        var done = status == "completed";
        var content = new JsonObject { ["type"] = "output_text", ["text"] = Text, ["annotations"] = new JsonArray() };
        var message = new JsonObject
        {
            ["id"] = "msg_1",
            ["type"] = "message",
            ["status"] = status,
            ["role"] = "assistant",
            ["content"] = new JsonArray(content),
        };
        return new JsonObject
        {
            ["id"] = "resp_1",
            ["object"] = "response",
            ["created_at"] = 1_767_225_600,
            ["status"] = status,
            ["model"] = Model,
            ["output"] = done ? new JsonArray(message) : new JsonArray(),
            ["usage"] = done && ReportsUsage ? ResponseUsage() : null,
        };
    }

    private JsonObject ResponseUsage() => new()
    {
        ["input_tokens"] = PromptTokens,
        ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = CachedTokens },
        ["output_tokens"] = CompletionTokens,
        ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = ReasoningTokens },
        ["total_tokens"] = PromptTokens + CompletionTokens,
    };
}
