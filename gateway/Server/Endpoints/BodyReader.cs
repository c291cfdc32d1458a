using Gateway.Server.Errors;

namespace Gateway.Server.Endpoints;

/// <summary>Reads a request's body whole, within the limits of one body and of all together.</summary>
internal static class BodyReader
{
    /// <summary>Null when all went well; <paramref name="body"/> is the caller's to dispose in any case.</summary>
    public static async ValueTask<GatewayError?> ReadAsync(HttpContext context, RequestBody body, long limit)
    {
        var request = context.Request;
        if (Refuse(request, limit) is { } refused)
            return refused;
        if (!body.TryReserve(request.ContentLength ?? 0))
            return NoRoom();
        try
        {
            while (true)
            {
                var read = await request.BodyReader.ReadAsync(context.RequestAborted);
                var fits = body.Length + read.Buffer.Length <= limit;
                var stored = fits && body.TryAppend(read.Buffer);
                request.BodyReader.AdvanceTo(read.Buffer.End);
                if (!fits)
                    return TooLarge(limit);
                if (!stored)
                    return NoRoom();
                if (read.IsCompleted)
                    return null;
            }
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode switch
            {
                StatusCodes.Status408RequestTimeout => new(ErrorKind.RequestTimeout, "The request body came too slowly."),
                StatusCodes.Status413PayloadTooLarge => TooLarge(limit),
                _ => Malformed(),
            };
        }
        catch (IOException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // A chunk's size that is no number at all.
            return Malformed();
        }
    }

    private static GatewayError? Refuse(HttpRequest request, long limit)
    {
        if (request.Headers.ContentEncoding.Count > 0
            && !string.Equals(request.Headers.ContentEncoding, "identity", StringComparison.OrdinalIgnoreCase))
            return new(ErrorKind.UnsupportedContentEncoding, "Send the request body without a content encoding.");
        if (!IsJson(request.ContentType))
            return new(ErrorKind.UnsupportedContentType, "Send the request body as `application/json`.");
        return request.ContentLength > limit ? TooLarge(limit) : null;
    }

    /// <summary>A missing type is taken as JSON: curl users forget it, and nothing else is served here.</summary>
    private static bool IsJson(string? contentType)
    {
        if (string.IsNullOrEmpty(contentType))
            return true;
        var type = contentType.AsSpan();
        var end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static GatewayError Malformed() => new(ErrorKind.InvalidRequest, "The request body ended early or is not well-formed HTTP.");

    private static GatewayError TooLarge(long limit) => new(ErrorKind.RequestTooLarge, $"The request body is larger than {limit} bytes.");

    private static GatewayError NoRoom() =>
        new(ErrorKind.OutOfBodyMemory, "The gateway holds too many large requests at the moment.") { RetryAfter = TimeSpan.FromSeconds(1) };
}
