using Benchmarks.Load;
using Benchmarks.Servers;

namespace Benchmarks.Scenarios;

/// <summary>From the start of the process to ready, with the config of its last run on disk.</summary>
internal static class StartUp
{
    public static Figure Measure(int upstream, BenchPlan plan)
    {
        var folder = GatewayServer.Start(upstream).Stop();
        var seconds = new List<double>();
        for (var i = 0; i < plan.Rounds; i++)
        {
            var start = Clock.Now;
            var gateway = GatewayServer.Start(upstream, folder);
            seconds.Add((Clock.Now - start) / 1e9);
            gateway.Stop();
        }

        folder.Delete(recursive: true);
        return new("start to ready", Median.Of(seconds), "s", 1.0, "with the last good config on disk");
    }
}
