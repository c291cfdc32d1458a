using Benchmarks.Load;
using Benchmarks.Servers;
using static System.FormattableString;

namespace Benchmarks.Cluster;

/// <summary>
/// A large config from nothing to Ready, all of it, beyond the time that the bare creates take: the same objects, created as fast, in a
/// namespace without a gateway while no operator runs. Leaves the namespace to those that measure more.
/// </summary>
internal static class Bulk
{
    private const double MostMiB = 250;

    public static async Task<(BenchSpace Space, IEnumerable<Figure> Figures)> MeasureAsync(BenchCluster cluster, OperatorPlan plan)
    {
        var bare = await BenchSpace.CreateAsync(cluster, "bare");
        var bareCreates = await bare.CreateAsync(plan.Large);
        await bare.DeleteAsync();

        var audit = cluster.Audit.Follow();
        cluster.StartOperator();
        var space = await BenchSpace.CreateAsync(cluster, "large");
        await space.ServeAsync();
        await using var ready = new ReadyObjects(cluster.Api, space, plan.Large.Total);
        await using var watch = space.Watch();
        var processor = ProcessFigures.ProcessorTime(cluster.Operator.Id);
        var start = Clock.Now;
        var creates = await space.CreateAsync(plan.Large);
        await cluster.UntilAsync("all objects are Ready", () => Task.FromResult(ready.All.IsCompleted));
        var served = await watch.UntilAsync(g => g is { IsReady: true, AckedPods: BenchSpace.Pods } && g.Attached == plan.Large.Total);
        var all = (Math.Max(served, await ready.All) - start) / 1e9;
        processor = ProcessFigures.ProcessorTime(cluster.Operator.Id) - processor;
        var writes = (await space.UntilSteadyAsync(audit)).Writes;
        var resident = ProcessFigures.ResidentMiB(cluster.Operator.Id);
        var heap = await cluster.HeapMiBAsync();

        var load = $"{plan.Large.Routes} routes, {plan.Large.Keys} keys, {plan.Large.Budgets} budgets";
        var told = Invariant($"{all:0.0} s beside {bareCreates.TotalSeconds:0.0} s bare, {creates.TotalSeconds:0.0} s under the operator; ")
            + Invariant($"pods have all after {(served - start) / 1e9:0.0} s; ")
            + Invariant($"operator: {processor.TotalSeconds:0.0} s of processor time, {writes.Length} writes");
        return (space,
        [
            new($"{load}: from nothing to Ready", all - bareCreates.TotalSeconds, "s", 90, told),
            new("resident memory of the operator then", resident, "MiB", MostMiB, Invariant($"{heap:0} MiB of managed heap")),
            new("and at its peak", ProcessFigures.PeakResidentMiB(cluster.Operator.Id), "MiB", MostMiB, ""),
        ]);
    }
}
