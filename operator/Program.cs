using System.CommandLine;
using Operator.Api.Definitions;
using Operator.Hosting;
using Operator.Standalone;

#pragma warning disable RS0030 // Here and nowhere else: everybody below takes the clock and the dice as arguments.
Func<double> random = Random.Shared.NextDouble;
#pragma warning restore RS0030

var root = new RootCommand("Runs LLM gateways from LlmGateway, ModelRoute, VirtualKey and Budget resources")
{
    RunCommand.Create(TimeProvider.System, random, Environment.GetEnvironmentVariable),
    StandaloneCommand.Create(TimeProvider.System, random, Environment.GetEnvironmentVariable),
    CrdsCommand.Create(),
};

// Ctrl-C: the gateway gets its time to charge the calls in flight.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(5) });
