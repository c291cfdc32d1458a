using System.Text;
using Gateway.Metrics;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Hosting;

/// <summary><c>GET /metrics</c> in the Prometheus text format, and the health paths.</summary>
internal sealed class MetricsPort(GatewayMetrics metrics, HealthEndpoints health)
{
    public Task HandleAsync(HttpContext context)
    {
        if (context.Request is { Path.Value: "/metrics", Method: "GET" })
            return MetricsAsync(context);
        if (health.TryHandle(context, out var answer))
            return answer;
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private async Task MetricsAsync(HttpContext context)
    {
        var text = Encoding.UTF8.GetBytes(metrics.Registry.Write());
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = text.Length;
        await context.Response.Body.WriteAsync(text, context.RequestAborted);
    }
}
