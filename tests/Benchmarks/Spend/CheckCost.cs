using System.Globalization;
using Benchmarks.Load;
using Benchmarks.Servers;

namespace Benchmarks.Spend;

/// <summary>What counting adds to a call in processor time, under 64 connections that are never idle.</summary>
internal static class CheckCost
{
    private const double Target = 50;

    // Four runtimes on few cores compile for a minute or two before they have the code that they will keep.
    private const int MaxWarmUps = 12;
    private const double MostCompiling = 0.02;

    public static IEnumerable<Figure> Measure(Tiers tiers, BenchPlan plan)
    {
        var (calls, refused) = (0L, 0L);
        for (var i = 0; i < MaxWarmUps && IsCompiling(); i++)
        {
        }

        (calls, refused) = (0, 0);
        var rounds = Enumerable.Range(0, plan.Rounds).Select(_ => Measure(plan.Round)).ToList();
        yield return Added(
            "limits, budgets and ledger of the Redis tier",
            Target,
            "over a call of a gateway without databases that nothing limits",
            r => r.Bare);
        yield return Added("limits and two budgets alone", null, "over a call that nothing limits, in the Redis tier", r => r.Free);
        yield return Added("the Redis tier beside the embedded one", null, "both with limits, budgets and ledger", r => r.Embedded);
        yield return Alone("the embedded tier's limits and budgets", r => r.Embedded.Gateways - r.Bare.Gateways, "without databases");
        yield return Alone("Redis, of a call with limits and budgets", r => r.Counted.Redis, "its process, apart from the above");
        yield return Alone("Postgres, of a call with limits and budgets", r => r.Counted.Postgres, "its processes, fsync on");

        yield return new("calls that were not counted within 100 ms", refused, "", null, string.Create(
            CultureInfo.InvariantCulture,
            $"of {calls:N0}, refused with 503; {ClosedLoop.Connections} connections, and all programs share the processors"));

        bool IsCompiling()
        {
            var (compiled, all) = (tiers.Redis.CompilerTime, tiers.Redis.ProcessorTime);
            Measure(plan.WarmUp);
            return tiers.Redis.CompilerTime - compiled > MostCompiling * (tiers.Redis.ProcessorTime - all);
        }

        Round Measure(TimeSpan time) => new()
        {
            Bare = Cost(tiers.Embedded, GatewayConfig.FreeKey, time),
            Counted = Cost(tiers.Redis, GatewayConfig.CountedKey, time),
            Free = Cost(tiers.Redis, GatewayConfig.FreeKey, time),
            Embedded = Cost(tiers.Embedded, GatewayConfig.CountedKey, time),
        };

        Costs Cost(Fleet fleet, Func<int, string> key, TimeSpan time)
        {
            var rows = tiers.Rows();
            var (gateways, redis, postgres) = Spent(fleet);
            var (answers, refusals) = ClosedLoop.Run(fleet.Aims(key), time);
            (calls, refused) = (calls + answers, refused + refusals);
            if (fleet == tiers.Redis)
                tiers.AwaitRows(rows + answers);
            var after = Spent(fleet);
            return new(
                (after.Gateways - gateways).TotalMicroseconds / answers,
                (after.Redis - redis).TotalMicroseconds / answers,
                (after.Postgres - postgres).TotalMicroseconds / answers);
        }

        (TimeSpan Gateways, TimeSpan Redis, TimeSpan Postgres) Spent(Fleet fleet) => (
            fleet.ProcessorTime, Databases.ProcessorTime(tiers.Databases.Redis), Databases.ProcessorTime(tiers.Databases.Postgres));

        Figure Added(string name, double? target, string over, Func<Round, Costs> of) => new(
            name,
            Median.Of(rounds.Select(r => r.Counted.Gateways - of(r).Gateways)),
            "us",
            target,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{over}: {Median.Of(rounds.Select(r => r.Counted.Gateways)):0.0} us "
                    + $"beside {Median.Of(rounds.Select(r => of(r).Gateways)):0.0} us"));

        Figure Alone(string name, Func<Round, double> of, string detail) => new(name, Median.Of(rounds.Select(of)), "us", null, detail);
    }

    /// <summary>Of one call, in microseconds.</summary>
    private readonly record struct Costs(double Gateways, double Redis, double Postgres);

    private sealed record Round
    {
        /// <summary>No limits, no databases.</summary>
        public required Costs Bare { get; init; }

        /// <summary>Limits and budgets in the Redis tier.</summary>
        public required Costs Counted { get; init; }

        /// <summary>No limits, in the Redis tier.</summary>
        public required Costs Free { get; init; }

        /// <summary>Limits and budgets in the embedded tier.</summary>
        public required Costs Embedded { get; init; }
    }
}
