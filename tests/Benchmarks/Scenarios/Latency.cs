using System.Globalization;
using Benchmarks.Load;
using Benchmarks.Servers;

namespace Benchmarks.Scenarios;

/// <summary>What a server adds to the direct call at a fixed rate, from when each request was due.</summary>
internal static class Latency
{
    private const int RequestBytes = 2 * 1024;

    /// <summary>Unstreamed calls at 1,000 a second: added latency, and what one costs in processor time.</summary>
    public static IEnumerable<Figure> Unstreamed(Proxies servers, BenchPlan plan)
    {
        var rounds = Measure(servers, plan, "plain", perSecond: 1000, out var processorMicroseconds);
        yield return Added("added p50 at 1,000 requests/s", 0.3, rounds, r => r.Gateway, 50);
        yield return Added("added p99 at 1,000 requests/s", null, rounds, r => r.Gateway, 99);
        yield return Added("added p50 at 1,000 requests/s, nginx", null, rounds, r => r.Nginx, 50);
        yield return Added("added p99 at 1,000 requests/s, nginx", null, rounds, r => r.Nginx, 99);
        yield return new("processor time at 1,000 requests/s", processorMicroseconds, "us", 150, "user and system time of the gateway");
        yield return new(
            "the generator itself, p50 of the direct call",
            Median.Of(rounds.Select(r => Median.Percentile(r.Direct, 50))),
            "ms",
            null,
            string.Create(
                CultureInfo.InvariantCulture,
                $"p99 {Median.Of(rounds.Select(r => Median.Percentile(r.Direct, 99))):0.00} ms, due time to whole answer"));
    }

    /// <summary>Streams at 200 a second: when their first content comes.</summary>
    public static IEnumerable<Figure> FirstContent(Proxies servers, BenchPlan plan)
    {
        var rounds = Measure(servers, plan, "short", perSecond: 200, out _);
        yield return Added("first content of a stream, added p50", 1, rounds, r => r.Gateway, 50);
        yield return Added("first content of a stream, added p99", null, rounds, r => r.Gateway, 99);
        yield return Added("first content of a stream, added p50, nginx", null, rounds, r => r.Nginx, 50);
    }

    private static List<Round> Measure(Proxies servers, BenchPlan plan, string answer, int perSecond, out double processorMicroseconds)
    {
        var isStream = answer != "plain";
        var body = Payload.Chat(answer, RequestBytes, isStream);
        double[] Run(Server server, TimeSpan time) =>
            OpenLoop.Run(server.Port, Payload.Request(server.Path(answer), body), perSecond, time, isStream);

        Run(servers.Gateway, plan.WarmUp);
        var costs = new List<double>();
        var rounds = new List<Round>();
        for (var i = 0; i < plan.Rounds; i++)
        {
            var (direct, nginx) = (Run(servers.Direct, plan.Round), Run(servers.Nginx, plan.Round));
            var before = servers.Gateway.ProcessorTime;
            var gateway = Run(servers.Gateway, plan.Round);
            costs.Add((servers.Gateway.ProcessorTime - before).TotalMicroseconds / gateway.Length);
            rounds.Add(new(direct, nginx, gateway));
        }

        processorMicroseconds = Median.Of(costs);
        return rounds;
    }

    private static Figure Added(string name, double? target, List<Round> rounds, Func<Round, double[]> of, double percent) => new(
        name,
        Median.Of(rounds.Select(r => Median.Percentile(of(r), percent) - Median.Percentile(r.Direct, percent))),
        "ms",
        target,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Median.Of(rounds.Select(r => Median.Percentile(of(r), percent))):0.00} ms beside "
                + $"{Median.Of(rounds.Select(r => Median.Percentile(r.Direct, percent))):0.00} ms direct"));

    /// <summary>Sorted latencies in milliseconds.</summary>
    private sealed record Round(double[] Direct, double[] Nginx, double[] Gateway);
}
