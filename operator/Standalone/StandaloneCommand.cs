using System.CommandLine;
using Microsoft.Extensions.Logging;
using Operator.Prices;
using Operator.Push;
using Operator.Reconcile;
using Operator.Standalone.Process;

namespace Operator.Standalone;

/// <summary><c>operator standalone</c>: its options, and what it takes from outside.</summary>
internal static class StandaloneCommand
{
    public static Command Create(TimeProvider time, Func<double> random, Func<string, string?> environment)
    {
        var manifests = new Option<string>("--manifests") { Description = "Folder of manifests (*.yaml, *.yml, *.json)", Required = true };
        var state = new Option<string>("--state")
        {
            Description = "Folder that keeps generated keys and spend",
            DefaultValueFactory = _ => ".state",
        };
        var gateway = new Option<string?>("--gateway")
        {
            Description = "Command that starts a gateway [default: the one built beside, or GATEWAY_COMMAND]",
        };
        var name = new Option<string?>("--gateway-name") { Description = "The LlmGateway to serve [default: the first in the folder]" };
        var port = new Option<int>("--port") { Description = "Port on 127.0.0.1; 0: any free one", DefaultValueFactory = _ => 4000 };
        var metricsPort = new Option<int>("--metrics-port")
        {
            Description = "Port of the metrics; any free one where it is in use",
            DefaultValueFactory = _ => 4002,
        };
        var command = new Command("standalone", "Run a gateway on this machine from a folder of manifests, without a cluster")
        {
            manifests, state, gateway, name, port, metricsPort,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new StandaloneOptions
            {
                Manifests = parsed.GetRequiredValue(manifests),
                State = parsed.GetRequiredValue(state),
                GatewayCommand = parsed.GetValue(gateway) ?? GatewayCommand.Find(environment, AppContext.BaseDirectory),
                GatewayName = parsed.GetValue(name),
                Port = parsed.GetValue(port),
                MetricsPort = parsed.GetValue(metricsPort),
            };
            var report = new StandaloneReport(Console.Out, Console.Error);
            using var loggers = LoggerFactory.Create(logging => logging
                .SetMinimumLevel(LogLevel.Warning)
                .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
            await using var alerts = new AlertSender(_ => { }, time, loggers.CreateLogger<AlertSender>());
            var services = new StandaloneServices
            {
                Time = time,
                Random = random,
                Environment = environment,
                Notice = report.Notice,
                Alert = alerts.Send,
                PublisherLogger = loggers.CreateLogger<ConfigPublisher>(),
            };
            return await new StandaloneRun(options, services, BuiltInPrices.Load(), report).RunAsync(cancellation);
        });
        return command;
    }
}
