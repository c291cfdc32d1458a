using System.Text.Json;

namespace Gateway.Server.Providers.Simulated;

/// <summary>OpenAI's older completions: https://platform.openai.com/docs/api-reference/completions. Pure.</summary>
internal static class Completions
{
    public static void Write(Utf8JsonWriter json, SimulatedAnswer answer)
    {
        BeginEnvelope(json, answer);
        for (var index = 0; index < answer.Request.Choices; index++)
            WriteChoice(json, answer.Text, index, FinishReason(answer));
        json.WriteEndArray();
        SimulatedUsage.Write(json, answer);
        json.WriteEndObject();
    }

    public static IEnumerable<ReadOnlyMemory<byte>> Events(JsonFrame frame, SimulatedAnswer answer)
    {
        foreach (var piece in answer.Pieces.Append(null))
        {
            for (var index = 0; index < answer.Request.Choices; index++)
            {
                WriteChunk(frame.Begin(), answer, index, piece);
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

    private static void BeginEnvelope(Utf8JsonWriter json, SimulatedAnswer answer)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, "cmpl-" + answer.Id);
        json.WriteString("object"u8, "text_completion"u8);
        json.WriteNumber("created"u8, answer.CreatedSeconds);
        json.WriteString("model"u8, answer.Request.Model);
        json.WriteStartArray("choices"u8);
    }

    /// <param name="json">Where to.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="index">The choice.</param>
    /// <param name="piece">Null: the last chunk of the choice.</param>
    private static void WriteChunk(Utf8JsonWriter json, SimulatedAnswer answer, int index, string? piece)
    {
        BeginEnvelope(json, answer);
        WriteChoice(json, piece ?? "", index, piece is null ? FinishReason(answer) : null);
        json.WriteEndArray();
        if (answer.Request.IncludeUsage)
            json.WriteNull("usage"u8);
        json.WriteEndObject();
    }

    private static void WriteUsageChunk(Utf8JsonWriter json, SimulatedAnswer answer)
    {
        BeginEnvelope(json, answer);
        json.WriteEndArray();
        SimulatedUsage.Write(json, answer);
        json.WriteEndObject();
    }

    private static void WriteChoice(Utf8JsonWriter json, string text, int index, string? finishReason)
    {
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        json.WriteNumber("index"u8, index);
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, finishReason);
        json.WriteEndObject();
    }

    private static string FinishReason(SimulatedAnswer answer) => answer.IsCutByLength ? "length" : "stop";
}
