using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Routing;
using Gateway.Server.Stores;

namespace Gateway.Server.Hosting;

/// <summary>
/// The health paths, public and free, on the data and on the metrics port: <c>/health/liveliness</c> and <c>/health/liveness</c> as long as
/// the process runs, <c>/health/readiness</c> 200 or 503 with the reason. How the spend store, the databases and the targets are stands in
/// the body only.
/// </summary>
internal sealed class HealthEndpoints(
    ModelHolder models, Readiness readiness, Drain drain, ISpendStore spend, StoreWatches stores, TargetStates targets, TimeProvider time)
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
            SpendStore = spend.Health,
            Stores = stores.Read().ToDictionary(s => s.Name, s => s.State, StringComparer.Ordinal),
            Targets = Targets(),
        };
        return WriteAsync(
            context,
            state == ReadyState.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            JsonSerializer.SerializeToUtf8Bytes(body, HealthJson.Default.HealthReport));
    }

    private TargetHealth Targets()
    {
        var now = time.GetUtcNow();
        var all = models.Current?.Routes.SelectMany(r => r.Targets).ToList() ?? [];
        return new(all.Count, all.Count(t => targets.Of(t).Read().CoolingUntil > now));
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

    public required StoreHealth SpendStore { get; init; }

    /// <summary>By name. The paths are public, so not why.</summary>
    public required IReadOnlyDictionary<string, StoreState> Stores { get; init; }

    public required TargetHealth Targets { get; init; }
}

/// <summary>The targets of the config. The paths are public, so only how many, not which.</summary>
internal readonly record struct TargetHealth(int Total, int Cooling);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(BoundAddresses))]
internal sealed partial class HealthJson : JsonSerializerContext;
