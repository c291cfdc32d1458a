using System.Text.Json;

namespace Gateway.Server.Providers.Simulated;

/// <summary>Errors as the two APIs write them. Pure.</summary>
internal static class SimulatedErrors
{
    public const string FaultMessage = "The simulated provider was told to fail.";

    public static void Write(Utf8JsonWriter json, SimulatedEndpoint endpoint, int status, SimulatedRefusal refusal, string id)
    {
        if (endpoint.IsAnthropic())
            WriteAnthropic(json, AnthropicType(status), refusal.Message, id);
        else
            WriteOpenAi(json, status, refusal);
    }

    /// <summary>The event that a failure in the middle of a stream is told by; the stream ends after it.</summary>
    public static ReadOnlyMemory<byte> Event(JsonFrame frame, SimulatedEndpoint endpoint, int sequence, string id)
    {
        if (endpoint == SimulatedEndpoint.Responses)
            return Responses.ErrorEvent(frame, sequence);
        if (endpoint == SimulatedEndpoint.Messages)
            WriteAnthropic(frame.Begin("error"u8), "overloaded_error", FaultMessage, id);
        else
            WriteOpenAi(frame.Begin(), 500, new(FaultMessage));
        return frame.End();
    }

    private static void WriteOpenAi(Utf8JsonWriter json, int status, SimulatedRefusal refusal)
    {
        var (type, code) = OpenAiType(status);
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, refusal.Message);
        json.WriteString("type"u8, type);
        json.WriteString("param"u8, refusal.Param);
        json.WriteString("code"u8, code);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteAnthropic(Utf8JsonWriter json, string type, string message, string id)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, type);
        json.WriteString("message"u8, message);
        json.WriteEndObject();
        json.WriteString("request_id"u8, "req_" + id);
        json.WriteEndObject();
    }

    /// <summary>https://platform.openai.com/docs/guides/error-codes.</summary>
    private static (string Type, string? Code) OpenAiType(int status) => status switch
    {
        401 => ("invalid_request_error", "invalid_api_key"),
        402 => ("insufficient_quota", "insufficient_quota"),
        404 => ("invalid_request_error", "model_not_found"),
        429 => ("rate_limit_error", "rate_limit_exceeded"),
        >= 500 => ("server_error", null),
        _ => ("invalid_request_error", null),
    };

    /// <summary>https://docs.anthropic.com/en/api/errors.</summary>
    private static string AnthropicType(int status) => status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };
}
