using System.Text.Json;

namespace Gateway.Server.Providers.Simulated;

/// <summary>OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat. Pure.</summary>
internal static class ChatCompletions
{
    public static void Write(Utf8JsonWriter json, SimulatedAnswer answer)
    {
        BeginEnvelope(json, answer, "chat.completion");
        for (var index = 0; index < answer.Request.Choices; index++)
        {
            json.WriteStartObject();
            json.WriteNumber("index"u8, index);
            WriteMessage(json, answer, index);
            json.WriteNull("logprobs"u8);
            json.WriteString("finish_reason"u8, FinishReason(answer));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        SimulatedUsage.Write(json, answer);
        json.WriteEndObject();
    }

    public static IEnumerable<ReadOnlyMemory<byte>> Events(JsonFrame frame, SimulatedAnswer answer)
    {
        foreach (var delta in Deltas(answer))
        {
            for (var index = 0; index < answer.Request.Choices; index++)
            {
                WriteChunk(frame.Begin(), answer, index, delta);
                yield return frame.End();
            }
        }

        if (answer.Request.IncludeUsage)
        {
            WriteUsageChunk(frame.Begin(), answer);
            yield return frame.End();
        }

        yield return SimulatedUsage.Done;
    }

    private static IEnumerable<Delta> Deltas(SimulatedAnswer answer)
    {
        yield return new(DeltaKind.Role);
        foreach (var piece in answer.Pieces)
            yield return new(DeltaKind.Content, piece);
        if (answer.Tool is not null)
        {
            yield return new(DeltaKind.ToolStart);
            foreach (var fragment in answer.ArgumentFragments())
                yield return new(DeltaKind.Arguments, fragment);
        }

        yield return new(DeltaKind.Finish);
    }

    private static void BeginEnvelope(Utf8JsonWriter json, SimulatedAnswer answer, string type)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, "chatcmpl-" + answer.Id);
        json.WriteString("object"u8, type);
        json.WriteNumber("created"u8, answer.CreatedSeconds);
        json.WriteString("model"u8, answer.Request.Model);
        json.WriteString("service_tier"u8, SimulatedUsage.ServiceTier(answer));
        json.WriteString("system_fingerprint"u8, "fp_simulated"u8);
        json.WriteStartArray("choices"u8);
    }

    private static void WriteMessage(Utf8JsonWriter json, SimulatedAnswer answer, int index)
    {
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("content"u8, answer.Tool is null ? answer.Text : null);
        json.WriteNull("refusal"u8);
        json.WriteStartArray("annotations"u8);
        json.WriteEndArray();
        if (answer.Tool is { } tool)
        {
            json.WriteStartArray("tool_calls"u8);
            json.WriteStartObject();
            WriteTool(json, answer, index, tool.Arguments);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteChunk(Utf8JsonWriter json, SimulatedAnswer answer, int index, Delta delta)
    {
        BeginEnvelope(json, answer, "chat.completion.chunk");
        json.WriteStartObject();
        json.WriteNumber("index"u8, index);
        json.WriteStartObject("delta"u8);
        WriteDelta(json, answer, index, delta);
        json.WriteEndObject();
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, delta.Kind == DeltaKind.Finish ? FinishReason(answer) : null);
        json.WriteEndObject();
        json.WriteEndArray();
        if (answer.Request.IncludeUsage)
            json.WriteNull("usage"u8);
        json.WriteEndObject();
    }

    private static void WriteDelta(Utf8JsonWriter json, SimulatedAnswer answer, int index, Delta delta)
    {
        switch (delta.Kind)
        {
            case DeltaKind.Role:
                json.WriteString("role"u8, "assistant"u8);
                json.WriteString("content"u8, answer.Tool is null ? "" : null);
                json.WriteNull("refusal"u8);
                break;
            case DeltaKind.Content:
                json.WriteString("content"u8, delta.Value);
                break;
            case DeltaKind.ToolStart or DeltaKind.Arguments:
                json.WriteStartArray("tool_calls"u8);
                json.WriteStartObject();
                json.WriteNumber("index"u8, 0);
                if (delta.Kind == DeltaKind.ToolStart)
                    WriteTool(json, answer, index, "");
                else
                    WriteFunction(json, null, delta.Value);
                json.WriteEndObject();
                json.WriteEndArray();
                break;
            default:
                break;
        }
    }

    private static void WriteTool(Utf8JsonWriter json, SimulatedAnswer answer, int index, string arguments)
    {
        json.WriteString("id"u8, $"call_{answer.Id}_{index}");
        json.WriteString("type"u8, "function"u8);
        WriteFunction(json, answer.Tool!.Name, arguments);
    }

    private static void WriteFunction(Utf8JsonWriter json, string? name, string arguments)
    {
        json.WriteStartObject("function"u8);
        if (name is not null)
            json.WriteString("name"u8, name);
        json.WriteString("arguments"u8, arguments);
        json.WriteEndObject();
    }

    private static void WriteUsageChunk(Utf8JsonWriter json, SimulatedAnswer answer)
    {
        BeginEnvelope(json, answer, "chat.completion.chunk");
        json.WriteEndArray();
        SimulatedUsage.Write(json, answer);
        json.WriteEndObject();
    }

    private static string FinishReason(SimulatedAnswer answer) =>
        answer.Tool is not null ? "tool_calls" : answer.IsCutByLength ? "length" : "stop";

    private enum DeltaKind
    {
        Role,
        Content,
        ToolStart,
        Arguments,
        Finish,
    }

    private readonly record struct Delta(DeltaKind Kind, string Value = "");
}
