using System.Text.Json;

namespace Gateway.Server.Providers.Simulated;

/// <summary>What chat completions and completions have in common. Pure.</summary>
internal static class SimulatedUsage
{
    /// <summary>Ends a stream of either.</summary>
    public static ReadOnlyMemory<byte> Done { get; } = "data: [DONE]\n\n"u8.ToArray();

    public static void Write(Utf8JsonWriter json, SimulatedAnswer answer)
    {
        var completion = (long)answer.CompletionTokens * answer.Request.Choices;
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, answer.PromptTokens);
        json.WriteNumber("completion_tokens"u8, completion);
        json.WriteNumber("total_tokens"u8, answer.PromptTokens + completion);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, answer.CachedTokens);
        json.WriteNumber("audio_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, 0);
        json.WriteNumber("audio_tokens"u8, 0);
        json.WriteNumber("accepted_prediction_tokens"u8, 0);
        json.WriteNumber("rejected_prediction_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The tier that was asked for; <c>auto</c> means the standard one here.</summary>
    public static string ServiceTier(SimulatedAnswer answer) => answer.Request.ServiceTier is { } tier and not "auto" ? tier : "default";
}
