using Benchmarks;
using Benchmarks.Cluster;
using Benchmarks.Load;
using Benchmarks.Scenarios;
using Benchmarks.Servers;
using Benchmarks.Spend;

if (args is [UpstreamServer.Command])
{
    MockUpstream.Run();
    return 0;
}

if (args is [OperatorBench.Name, .. var parts])
    return await OperatorBench.RunAsync(parts);

if (args is [MoneyBench.Name, .. var moneyParts])
    return await MoneyBench.RunAsync(moneyParts);

// `quick` shortens everything; other words choose scenarios by name.
var plan = args.Contains("quick", StringComparer.Ordinal) ? BenchPlan.Quick : BenchPlan.Full;
var chosen = args.Except(["quick"], StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
var report = new Report();
When(OperatorLine.Name, () => report.Add(OperatorLine.Measure()));
When("start", () => report.Add(StartUp.Measure(plan)));
if (chosen.Count == 0 || chosen.Any(c => c is not (OperatorLine.Name or "start")))
{
    using var servers = Proxies.Start();
    When("latency", () => report.Add(Latency.Unstreamed(servers, plan)));
    When("first", () => report.Add(Latency.FirstContent(servers, plan)));
    When("small", () => report.Add(ProcessorTime.Measure("processor time, 2 KB request", "plain", 2 * 1024, 1, 3.0, servers, plan)));
    When("large", () => report.Add(ProcessorTime.Measure("processor time, 100 KB request", "plain", 100 * 1024, 1, 4.0, servers, plan)));
    When("chunks", () => report.Add(
        ProcessorTime.Measure("processor time, relayed chunk", "paced", 2 * 1024, Payload.StreamChunks, 4.0, servers, plan)));
    When("memory", () => report.Add(Memory.UnderLoad(servers.Gateway)));
    When("streams", () => report.Add(Memory.OpenStreams(servers.Direct.Port)));
}

report.Write("artifacts/bench.json");
return 0;

void When(string name, Action scenario)
{
    if (chosen.Count == 0 || chosen.Contains(name))
        scenario();
}
