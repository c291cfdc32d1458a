using System.Text.Json;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers;

/// <summary>Reads the error object that both APIs send: <c>{"type": …, "message": …, "code": …}</c>, or a bare text.</summary>
internal static class UpstreamFaults
{
    /// <param name="reader">On the value of <c>error</c>; afterwards on its last token.</param>
    /// <param name="isEvent">Whether the object is a whole event: then its type is the event's and says nothing of the error.</param>
    public static UpstreamFault Read(ref Utf8JsonReader reader, bool isEvent = false)
    {
        if (reader.TokenType == JsonTokenType.String)
            return new("api_error", reader.GetString()!);
        string? type = null;
        string? code = null;
        string? message = null;
        if (reader.TokenType != JsonTokenType.StartObject)
            reader.Skip();
        else
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ref var slot = ref message;
                var known = reader.ValueTextEquals("message"u8);
                if (reader.ValueTextEquals("type"u8))
                {
                    slot = ref type;
                    known = true;
                }
                else if (reader.ValueTextEquals("code"u8))
                {
                    slot = ref code;
                    known = true;
                }

                reader.Read();
                if (known && reader.TokenType == JsonTokenType.String)
                    slot = reader.GetString();
                else
                    reader.Skip();
            }
        }

        return new((isEvent ? null : type) ?? code ?? "api_error", message ?? "The provider reported an error without a message.");
    }

    /// <summary>Reads a whole error body; null where it is no JSON object with an <c>error</c>.</summary>
    public static UpstreamFault? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isError = reader.ValueTextEquals("error"u8);
                reader.Read();
                if (isError)
                    return Read(ref reader);
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or text that is no Unicode: an edge's HTML page, for example.
            return null;
        }

        return null;
    }
}
