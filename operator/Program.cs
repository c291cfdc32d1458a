using System.CommandLine;
using System.CommandLine.Invocation;
using Operator.Api.Definitions;
using Operator.Hosting;
using Operator.Spend;
using Operator.Standalone;

#pragma warning disable RS0030 // Here and nowhere else: everybody below takes the clock and the dice as arguments.
Func<double> random = Random.Shared.NextDouble;
#pragma warning restore RS0030

var root = new RootCommand("Runs LLM gateways from LlmGateway, ModelRoute, VirtualKey and Budget resources")
{
    RunCommand.Create(TimeProvider.System, random, Environment.GetEnvironmentVariable),
    StandaloneCommand.Create(TimeProvider.System, random, Environment.GetEnvironmentVariable),
    SpendCommand.Create(TimeProvider.System, random, Environment.GetEnvironmentVariable),
    CrdsCommand.Create(),
};

// A mistake is one line, whoever reads the output.
var parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction mistake)
    mistake.ShowHelp = args.Length == 0;

// Ctrl-C: the gateway gets its time to charge the calls in flight.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(5) });
