using System.Buffers.Binary;
using System.Text.Json;

namespace Gateway.Server.Providers.Simulated;

/// <summary>OpenAI's embeddings: https://platform.openai.com/docs/api-reference/embeddings. Pure.</summary>
internal static class Embeddings
{
    public static void Write(Utf8JsonWriter json, SimulatedAnswer answer)
    {
        var request = answer.Request;
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        for (var index = 0; index < request.Inputs; index++)
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "embedding"u8);
            json.WriteNumber("index"u8, index);
            json.WritePropertyName("embedding"u8);
            WriteVector(json, index, request);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model"u8, request.Model);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, answer.PromptTokens);
        json.WriteNumber("total_tokens"u8, answer.PromptTokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteVector(Utf8JsonWriter json, int index, SimulatedRequest request)
    {
        if (request.Base64)
        {
            var bytes = new byte[request.Dimensions * sizeof(float)];
            for (var i = 0; i < request.Dimensions; i++)
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), Component(index, i));
            json.WriteBase64StringValue(bytes);
            return;
        }

        json.WriteStartArray();
        for (var i = 0; i < request.Dimensions; i++)
            json.WriteNumberValue(Component(index, i));
        json.WriteEndArray();
    }

    /// <summary>Some number from -0.5 to 0.5 that is exact in few digits.</summary>
    private static float Component(int index, int i) => (((index + 1) * 31 + i * 17) % 65 - 32) / 64f;
}
