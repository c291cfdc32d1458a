using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Server.Config;

namespace Gateway.Server.Hosting;

/// <summary>
/// The health paths, public and free, on the data and on the metrics port: <c>/health/liveliness</c> and <c>/health/liveness</c> as long as
/// the process runs, <c>/health/readiness</c> 200 or 503 with the reason.
/// </summary>
internal sealed class HealthEndpoints(ModelHolder models, Readiness readiness, Drain drain)
{
    private static ReadOnlyMemory<byte> Alive { get; } = "\"I'm alive!\""u8.ToArray();

    /// <summary>False where the path is another one. GET and HEAD only.</summary>
    public bool TryHandle(HttpContext context, [NotNullWhen(true)] out Task? answer)
    {
        var request = context.Request;
        answer = (request.Method, request.Path.Value) switch
        {
            ("GET" or "HEAD", "/health/liveliness" or "/health/liveness") => WriteAsync(context, StatusCodes.Status200OK, Alive),
            ("GET" or "HEAD", "/health/readiness") => ReadinessAsync(context),
            _ => null,
        };
        return answer is not null;
    }

    private Task ReadinessAsync(HttpContext context)
    {
        var state = readiness.State;
        var body = new HealthReport
        {
            Status = state,
            Revision = models.Current?.Revision ?? 0,
            Draining = drain.IsDraining,
            InFlight = drain.InFlight,
        };
        return WriteAsync(
            context,
            state == ReadyState.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            JsonSerializer.SerializeToUtf8Bytes(body, HealthJson.Default.HealthReport));
    }

    private static async Task WriteAsync(HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(json, context.RequestAborted);
    }
}

/// <summary>The body of <c>/health/readiness</c>.</summary>
internal sealed record HealthReport
{
    public required ReadyState Status { get; init; }

    public required long Revision { get; init; }

    public required bool Draining { get; init; }

    public required int InFlight { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(BoundAddresses))]
internal sealed partial class HealthJson : JsonSerializerContext;
