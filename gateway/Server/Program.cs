using System.Net.Sockets;
using Gateway.Metrics;
using Gateway.Server.Hosting;

if (args is ["--version"])
{
    Console.WriteLine(BuildInfo.VersionOf(typeof(GatewayProcess).Assembly));
    return 0;
}

SocketThreads.RunContinuationsInline();
var (options, errors) = new OptionsReader(Environment.GetEnvironmentVariable, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes).Read();
if (options is null)
{
    foreach (var error in errors)
        Console.Error.WriteLine(error);
    return 2;
}

#pragma warning disable RS0030 // Here and nowhere else: everybody below takes the clock and the dice as arguments.
Func<double> random = Random.Shared.NextDouble;
#pragma warning restore RS0030

using var loggers = JsonLogs.Create(options.LogLevel);
try
{
    await using var gateway = await GatewayProcess.CreateAsync(options, TimeProvider.System, random, loggers);
    await gateway.StartAsync(CancellationToken.None);
    await gateway.RunAsync(Parent.Ends(Environment.GetEnvironmentVariable));
    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException or InvalidDataException)
{
    // A port in use or not allowed, a state directory that another process holds, a damaged certificate, a journal of a newer gateway:
    // one line with what is wrong, no stack trace.
    Console.Error.WriteLine(e.Message);
    return 1;
}
