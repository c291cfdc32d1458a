using System.Collections.Immutable;
using System.Text;
using Gateway.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Operator.Telemetry;

namespace Operator.Hosting;

/// <summary>
/// What the operator serves over HTTP, on two ports that may be opened to different callers: <c>/metrics</c> for Prometheus, and for the
/// kubelet <c>/healthz</c>, 200 as long as the process answers, and <c>/readyz</c>, 200 or 503 with a line for each reason.
/// </summary>
internal sealed class HealthServer : IAsyncDisposable
{
    private const string Text = "text/plain; charset=utf-8";

    private readonly PlainHttpPort _metrics;
    private readonly PlainHttpPort _health;

    private HealthServer(PlainHttpPort metrics, PlainHttpPort health) => (_metrics, _health) = (metrics, health);

    /// <summary>Root of the port of <c>/metrics</c>.</summary>
    public Uri MetricsUrl => _metrics.Url;

    /// <summary>Root of the port of <c>/healthz</c> and <c>/readyz</c>.</summary>
    public Uri HealthUrl => _health.Url;

    /// <param name="options">The addresses.</param>
    /// <param name="metrics">What is written.</param>
    /// <param name="unready">
    /// Why the operator is not ready, in short sentences; none: it is. Asked at each probe, so it must be quick. The port is public within
    /// the cluster: no secrets.
    /// </param>
    /// <param name="loggers">Of Kestrel.</param>
    /// <param name="cancellation">Gives up to start.</param>
    /// <exception cref="IOException">A port is taken or not allowed; one line that names it.</exception>
    public static async Task<HealthServer> StartAsync(
        HealthOptions options,
        OperatorMetrics metrics,
        Func<ImmutableArray<string>> unready,
        ILoggerFactory loggers,
        CancellationToken cancellation)
    {
        var metricsPort = await PlainHttpPort.StartAsync("metrics", options.Metrics, MetricsAsync, loggers, cancellation);
        try
        {
            return new(metricsPort, await PlainHttpPort.StartAsync("health", options.Health, HealthAsync, loggers, cancellation));
        }
        catch
        {
            await metricsPort.DisposeAsync();
            throw;
        }

        Task MetricsAsync(HttpContext context) => PathOf(context) switch
        {
            "/metrics" => WriteAsync(context, StatusCodes.Status200OK, PrometheusText.ContentType, metrics.Write()),
            _ => NotFoundAsync(context),
        };

        Task HealthAsync(HttpContext context) => PathOf(context) switch
        {
            "/healthz" => WriteAsync(context, StatusCodes.Status200OK, Text, "ok\n"),
            "/readyz" => ReadyAsync(context, unready()),
            _ => NotFoundAsync(context),
        };
    }

    /// <summary>Takes no new connections, and lets requests end until the token is cancelled.</summary>
    public Task StopAsync(CancellationToken abort) => Task.WhenAll(_metrics.StopAsync(abort), _health.StopAsync(abort));

    /// <summary>Does not wait for requests.</summary>
    public async ValueTask DisposeAsync()
    {
        await _metrics.DisposeAsync();
        await _health.DisposeAsync();
    }

    private static Task ReadyAsync(HttpContext context, ImmutableArray<string> unready)
    {
        if (unready.IsEmpty)
            return WriteAsync(context, StatusCodes.Status200OK, Text, "ok\n");
        var lines = string.Concat(unready.Select(reason => reason.ReplaceLineEndings(" ") + "\n"));
        return WriteAsync(context, StatusCodes.Status503ServiceUnavailable, Text, lines);
    }

    /// <summary>Empty where the method is none that reads.</summary>
    private static string PathOf(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) ? context.Request.Path.Value ?? "" : "";

    private static Task NotFoundAsync(HttpContext context) => WriteAsync(context, StatusCodes.Status404NotFound, Text, "");

    private static async Task WriteAsync(HttpContext context, int status, string type, string text)
    {
        var (response, body) = (context.Response, Encoding.UTF8.GetBytes(text));
        response.StatusCode = status;
        response.ContentType = type;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(body, context.RequestAborted);
    }
}
