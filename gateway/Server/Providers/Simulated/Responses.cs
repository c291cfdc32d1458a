using System.Text.Json;

namespace Gateway.Server.Providers.Simulated;

/// <summary>OpenAI's responses: https://platform.openai.com/docs/api-reference/responses. Pure.</summary>
internal static class Responses
{
    public static void Write(Utf8JsonWriter json, SimulatedAnswer answer) => WriteResponse(json, answer, Status(answer));

    /// <summary>The typed events in the API's order, numbered from 0.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Events(JsonFrame frame, SimulatedAnswer answer)
    {
        var sequence = 0;
        foreach (var step in Steps(answer))
        {
            var json = Begin(frame, step.Type, sequence++);
            WriteStep(json, answer, step);
            json.WriteEndObject();
            yield return frame.End();
        }
    }

    /// <summary>The event that a failure in the middle of a stream is told by.</summary>
    public static ReadOnlyMemory<byte> ErrorEvent(JsonFrame frame, int sequence)
    {
        var json = Begin(frame, "error", sequence);
        json.WriteString("code"u8, "server_error"u8);
        json.WriteString("message"u8, SimulatedErrors.FaultMessage);
        json.WriteNull("param"u8);
        json.WriteEndObject();
        return frame.End();
    }

    private static IEnumerable<Step> Steps(SimulatedAnswer answer)
    {
        yield return new("response.created", "response", "in_progress");
        yield return new("response.in_progress", "response", "in_progress");
        yield return new("response.output_item.added", "item", "in_progress");
        if (answer.Tool is { } tool)
        {
            foreach (var fragment in answer.ArgumentFragments())
                yield return new("response.function_call_arguments.delta", "delta", fragment);
            yield return new("response.function_call_arguments.done", "arguments", tool.Arguments);
        }
        else
        {
            yield return new("response.content_part.added", "part", "");
            foreach (var piece in answer.Pieces)
                yield return new("response.output_text.delta", "delta", piece);
            yield return new("response.output_text.done", "text", answer.Text);
            yield return new("response.content_part.done", "part", answer.Text);
        }

        yield return new("response.output_item.done", "item", Status(answer));
        yield return new("response." + Status(answer), "response", Status(answer));
    }

    private static Utf8JsonWriter Begin(JsonFrame frame, string type, int sequence)
    {
        var json = frame.Begin(System.Text.Encoding.ASCII.GetBytes(type));
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WriteNumber("sequence_number"u8, sequence);
        return json;
    }

    private static void WriteStep(Utf8JsonWriter json, SimulatedAnswer answer, Step step)
    {
        if (step.Member == "response")
        {
            json.WritePropertyName("response"u8);
            WriteResponse(json, answer, step.Value);
            return;
        }

        json.WriteNumber("output_index"u8, 0);
        if (step.Member == "item")
        {
            json.WritePropertyName("item"u8);
            WriteItem(json, answer, step.Value);
            return;
        }

        json.WriteString("item_id"u8, ItemId(answer));
        if (answer.Tool is null)
            json.WriteNumber("content_index"u8, 0);
        if (step.Member == "part")
        {
            json.WritePropertyName("part"u8);
            WritePart(json, step.Value);
            return;
        }

        json.WriteString(step.Member, step.Value);
        if (step.Member != "arguments" && answer.Tool is null)
        {
            json.WriteStartArray("logprobs"u8);
            json.WriteEndArray();
        }
    }

    private static void WriteResponse(Utf8JsonWriter json, SimulatedAnswer answer, string status)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, "resp_" + answer.Id);
        json.WriteString("object"u8, "response"u8);
        json.WriteNumber("created_at"u8, answer.CreatedSeconds);
        json.WriteString("status"u8, status);
        json.WriteNull("error"u8);
        WriteIncompleteDetails(json, status);
        json.WriteNull("instructions"u8);
        WriteLimit(json, answer);
        json.WriteString("model"u8, answer.Request.Model);
        json.WriteStartArray("output"u8);
        if (status != "in_progress")
            WriteItem(json, answer, status);
        json.WriteEndArray();
        json.WriteBoolean("parallel_tool_calls"u8, true);
        json.WriteNull("previous_response_id"u8);
        json.WriteString("service_tier"u8, SimulatedUsage.ServiceTier(answer));
        json.WriteBoolean("store"u8, false);
        json.WriteNumber("temperature"u8, 1);
        json.WriteString("tool_choice"u8, "auto"u8);
        json.WriteStartArray("tools"u8);
        json.WriteEndArray();
        json.WriteNumber("top_p"u8, 1);
        json.WriteString("truncation"u8, "disabled"u8);
        WriteUsage(json, answer, status);
        json.WriteStartObject("metadata"u8);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteIncompleteDetails(Utf8JsonWriter json, string status)
    {
        if (status != "incomplete")
        {
            json.WriteNull("incomplete_details"u8);
            return;
        }

        json.WriteStartObject("incomplete_details"u8);
        json.WriteString("reason"u8, "max_output_tokens"u8);
        json.WriteEndObject();
    }

    private static void WriteLimit(Utf8JsonWriter json, SimulatedAnswer answer)
    {
        if (answer.Request.MaxTokens is { } limit)
            json.WriteNumber("max_output_tokens"u8, limit);
        else
            json.WriteNull("max_output_tokens"u8);
    }

    private static void WriteItem(Utf8JsonWriter json, SimulatedAnswer answer, string status)
    {
        var begins = status == "in_progress";
        json.WriteStartObject();
        json.WriteString("id"u8, ItemId(answer));
        if (answer.Tool is { } tool)
        {
            json.WriteString("type"u8, "function_call"u8);
            json.WriteString("status"u8, status);
            json.WriteString("arguments"u8, begins ? "" : tool.Arguments);
            json.WriteString("call_id"u8, "call_" + answer.Id);
            json.WriteString("name"u8, tool.Name);
        }
        else
        {
            json.WriteString("type"u8, "message"u8);
            json.WriteString("status"u8, status);
            json.WriteStartArray("content"u8);
            if (!begins)
                WritePart(json, answer.Text);
            json.WriteEndArray();
            json.WriteString("role"u8, "assistant"u8);
        }

        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "output_text"u8);
        json.WriteStartArray("annotations"u8);
        json.WriteEndArray();
        json.WriteStartArray("logprobs"u8);
        json.WriteEndArray();
        json.WriteString("text"u8, text);
        json.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter json, SimulatedAnswer answer, string status)
    {
        if (status == "in_progress")
        {
            json.WriteNull("usage"u8);
            return;
        }

        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, answer.PromptTokens);
        json.WriteStartObject("input_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, answer.CachedTokens);
        json.WriteEndObject();
        json.WriteNumber("output_tokens"u8, answer.CompletionTokens);
        json.WriteStartObject("output_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteNumber("total_tokens"u8, answer.PromptTokens + answer.CompletionTokens);
        json.WriteEndObject();
    }

    private static string ItemId(SimulatedAnswer answer) => (answer.Tool is null ? "msg_" : "fc_") + answer.Id;

    private static string Status(SimulatedAnswer answer) => answer.IsCutByLength ? "incomplete" : "completed";

    /// <summary>One event: its type, the member that differs, and that member's value (of a response or an item: the status).</summary>
    private readonly record struct Step(string Type, string Member, string Value);
}
