using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using Gateway.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Operator.Hosting;

/// <summary><c>operator run</c>: its options, and what it takes from outside.</summary>
internal static class RunCommand
{
    /// <summary>That of the same release.</summary>
    private static readonly string s_defaultImage = $"llm-gateway:{BuildInfo.VersionOf(typeof(RunCommand).Assembly)}";

    public static Command Create(TimeProvider time, Func<double> random, Func<string, string?> environment)
    {
        var kubeConfig = new Option<string?>("--kubeconfig")
        {
            Description = "Kubeconfig file [default: KUBECONFIG, the pod's service account, ~/.kube/config]",
        };
        var context = new Option<string?>("--context") { Description = "Context of the kubeconfig file [default: its current one]" };
        var namespaces = new Option<string[]>("--namespace", "-n")
        {
            Description = "Watch only this namespace; may be given several times [default: WATCH_NAMESPACES, else all]",
        };
        var image = new Option<string>("--gateway-image")
        {
            Description = "Image of gateways that name none",
            DefaultValueFactory = _ => environment("GATEWAY_IMAGE") ?? s_defaultImage,
        };
        var metrics = new Option<IPEndPoint?>("--metrics-bind-address")
        {
            Description = "ADDRESS:PORT of /metrics [default: all addresses, port 8080]",
            CustomParser = parsed => EndPoint(parsed.Tokens[0].Value, parsed.AddError),
        };
        var health = new Option<IPEndPoint?>("--health-probe-bind-address")
        {
            Description = "ADDRESS:PORT of /healthz and /readyz [default: all addresses, port 8081]",
            CustomParser = parsed => EndPoint(parsed.Tokens[0].Value, parsed.AddError),
        };
        var elect = new Option<bool>("--leader-elect")
        {
            Description = "Take a lease before writing, so that several replicas can run",
            DefaultValueFactory = _ => true,
        };
        var apply = new Option<string?>("--apply")
        {
            Description = "ConfigMap in the operator's namespace with objects that it makes when it begins to lead [default: none]",
        };
        var level = new Option<LogLevel>("--log-level")
        {
            Description = "Least level that is logged",
            DefaultValueFactory = _ => LogLevel.Information,
        };
        var command = new Command("run", "Run the operator against a Kubernetes API server")
        {
            kubeConfig, context, namespaces, image, metrics, health, elect, apply, level,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var defaults = new HealthOptions();
            var options = new RunOptions
            {
                KubeConfig = parsed.GetValue(kubeConfig),
                Context = parsed.GetValue(context),
                Namespaces = Namespaces(parsed.GetValue(namespaces), environment("WATCH_NAMESPACES")),
                GatewayImage = parsed.GetRequiredValue(image),
                ElectsLeader = parsed.GetValue(elect),
                Apply = parsed.GetValue(apply),
                Namespace = environment("POD_NAMESPACE"),
                ServiceAccount = environment("POD_SERVICE_ACCOUNT"),
                Name = environment("POD_NAME") ?? Environment.MachineName,
                Health = new()
                {
                    Metrics = parsed.GetValue(metrics) ?? defaults.Metrics,
                    Health = parsed.GetValue(health) ?? defaults.Health,
                },
            };
            using var loggers = Loggers(parsed.GetValue(level));
            return await new OperatorRun(options, time, random, environment, loggers).RunAsync(cancellation);
        });
        return command;
    }

    private static ImmutableArray<string> Namespaces(string[]? given, string? listed)
    {
        var names = given is { Length: > 0 }
            ? given
            : (listed ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>As in Go, <c>:8080</c> is the port on all addresses.</summary>
    private static IPEndPoint? EndPoint(string text, Action<string> fail)
    {
        var isPort = text.StartsWith(':');
        if (IPEndPoint.TryParse(isPort ? $"0.0.0.0{text}" : text, out var endPoint))
            return isPort ? new(new HealthOptions().Metrics.Address, endPoint.Port) : endPoint;
        fail($"`{text}` is no ADDRESS:PORT");
        return null;
    }

    private static ILoggerFactory Loggers(LogLevel level) => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(level)
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        }));
}
