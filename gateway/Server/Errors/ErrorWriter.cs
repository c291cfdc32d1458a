using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Server.Errors;

/// <summary>Puts a <see cref="GatewayError"/> on the wire, in the envelope of the endpoint's dialect.</summary>
internal static class ErrorWriter
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>As the whole answer. Must be called before the answer has begun.</summary>
    public static async Task WriteAsync(HttpContext context, Dialect dialect, GatewayError error)
    {
        var row = ErrorTable.Row(error.Kind);
        var response = context.Response;
        response.StatusCode = error.Status ?? row.Status;
        response.ContentType = "application/json";
        foreach (var (name, value) in error.Headers)
            response.Headers[name] = value;
        if (error.RetryAfter is { } wait && (row.RetryAfterForOpenAI || dialect == Dialect.Anthropic))
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var body = Body(dialect, error, context.TraceIdentifier);
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>The envelope alone.</summary>
    public static ReadOnlyMemory<byte> Body(Dialect dialect, GatewayError error, string callId)
    {
        var row = ErrorTable.Row(error.Kind);
        return dialect == Dialect.Anthropic
            ? Anthropic(row.AnthropicType, error.Message, callId)
            : OpenAI(row.OpenAIType, row.Code, error.Message, error.Param);
    }

    /// <summary>
    /// As the last event of a stream that has begun. It is not followed by <c>[DONE]</c> or <c>message_stop</c>: a cut answer must not look
    /// complete.
    /// </summary>
    public static ReadOnlyMemory<byte> StreamEvent(Operation operation, GatewayError error, string callId)
    {
        var buffer = new ArrayBufferWriter<byte>();
        if (operation is Operation.Messages or Operation.Responses)
            buffer.Write("event: error\n"u8);
        buffer.Write("data: "u8);
        buffer.Write(operation == Operation.Responses ? ResponsesEvent(error) : Body(operation.Dialect(), error, callId).Span);
        buffer.Write("\n\n"u8);
        return buffer.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> OpenAI(string type, string code, string message, string? param)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, s_options);
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteString("message"u8, message);
        writer.WriteString("type"u8, type);
        writer.WriteString("param"u8, param);
        writer.WriteString("code"u8, code);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> Anthropic(string type, string message, string requestId)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, s_options);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "error"u8);
        writer.WriteStartObject("error"u8);
        writer.WriteString("type"u8, type);
        writer.WriteString("message"u8, message);
        writer.WriteEndObject();
        writer.WriteString("request_id"u8, requestId);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>The flat error event of https://platform.openai.com/docs/api-reference/responses-streaming/error.</summary>
    private static ReadOnlySpan<byte> ResponsesEvent(GatewayError error)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, s_options);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "error"u8);
        writer.WriteString("code"u8, ErrorTable.Row(error.Kind).Code);
        writer.WriteString("message"u8, error.Message);
        writer.WriteString("param"u8, error.Param);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan;
    }
}
