using Benchmarks.Load;
using Benchmarks.Servers;

namespace Benchmarks.Scenarios;

/// <summary>From the start of the process to ready, with the config of its last run on disk.</summary>
internal static class StartUp
{
    /// <summary>Nothing is ever asked of it.</summary>
    private const int Upstream = 9;

    public static Figure Measure(BenchPlan plan)
    {
        var folder = GatewayServer.Start(Upstream).Stop();
        var seconds = new List<double>();
        for (var i = 0; i < plan.Rounds; i++)
        {
            var start = Clock.Now;
            var gateway = GatewayServer.Start(Upstream, folder);
            seconds.Add((Clock.Now - start) / 1e9);
            gateway.Stop();
        }

        folder.Delete(recursive: true);
        return new("start to ready", Median.Of(seconds), "s", 1.0, "with the last good config on disk");
    }
}
