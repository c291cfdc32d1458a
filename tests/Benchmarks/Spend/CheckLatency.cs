using System.Globalization;
using Benchmarks.Load;
using Benchmarks.Servers;

namespace Benchmarks.Spend;

/// <summary>What counting adds to a call's time at 1,000 a second, from when each was due.</summary>
internal static class CheckLatency
{
    private const int PerSecond = 1000;

    public static IEnumerable<Figure> Measure(Tiers tiers, BenchPlan plan)
    {
        Run(tiers.Embedded, GatewayConfig.FreeKey, plan.WarmUp);
        Run(tiers.Redis, GatewayConfig.CountedKey, plan.WarmUp);
        var rounds = Enumerable.Range(0, plan.Rounds)
            .Select(_ => (
                Bare: Run(tiers.Embedded, GatewayConfig.FreeKey, plan.Round),
                Counted: Run(tiers.Redis, GatewayConfig.CountedKey, plan.Round),
                Free: Run(tiers.Redis, GatewayConfig.FreeKey, plan.Round)))
            .ToList();
        yield return Added("added p50 at 1,000 requests/s, Redis tier", 0.4, 50);
        yield return Added("added p99 at 1,000 requests/s, Redis tier", null, 99);
        yield return new(
            "limits and budgets alone, added p50",
            Median.Of(rounds.Select(r => Median.Percentile(r.Counted, 50) - Median.Percentile(r.Free, 50))),
            "ms",
            null,
            "over a call that nothing limits, in the Redis tier");

        double[] Run(Fleet fleet, Func<int, string> key, TimeSpan time) =>
            OpenLoop.Run(fleet.Aims(key), PerSecond, time, firstContent: false);

        Figure Added(string name, double? target, double percent) => new(
            name,
            Median.Of(rounds.Select(r => Median.Percentile(r.Counted, percent) - Median.Percentile(r.Bare, percent))),
            "ms",
            target,
            string.Create(
                CultureInfo.InvariantCulture,
                $"over a gateway without databases: {Median.Of(rounds.Select(r => Median.Percentile(r.Counted, percent))):0.00} ms beside "
                    + $"{Median.Of(rounds.Select(r => Median.Percentile(r.Bare, percent))):0.00} ms"));
    }
}
