using System.Collections.Immutable;
using Benchmarks.Servers;
using Support.ControlPlane;
using static System.FormattableString;

namespace Benchmarks.Cluster;

/// <summary>The operator stops and starts, while all that it looks after stands.</summary>
internal sealed record Restart
{
    /// <summary>Since the process was started, until it rests and writes no more.</summary>
    public required TimeSpan UntilSteady { get; init; }

    /// <summary>But for the lease.</summary>
    public required ImmutableArray<AuditedWrite> Written { get; init; }

    /// <summary>A quarter of a minute after it became steady.</summary>
    public required double ResidentMiB { get; init; }

    /// <summary>Then.</summary>
    public required double HeapMiB { get; init; }

    public static async Task<List<Restart>> MeasureAsync(BenchCluster cluster, BenchSpace space, OperatorPlan plan)
    {
        var restarts = new List<Restart>();
        for (var i = 0; i < plan.Restarts; i++)
            restarts.Add(await OnceAsync(cluster, space));
        return restarts;
    }

    public static async Task<IEnumerable<Figure>> FiguresAsync(BenchCluster cluster, OperatorPlan plan, List<Restart> restarts)
    {
        await Task.Delay(plan.Rest);
        var slowest = restarts.MaxBy(r => r.UntilSteady)!;
        var written = $"of {restarts.Count}; {Writes.Told(slowest.Written)}";
        var pid = cluster.Operator.Id;
        var memory = Invariant($"peak {ProcessFigures.PeakResidentMiB(pid):0} MiB, {Heap(restarts):0} MiB of managed heap");
        return
        [
            new("restarted until steady, slowest", slowest.UntilSteady.TotalSeconds, "s", 15, written),
            new("resident memory a minute after a restart", ProcessFigures.ResidentMiB(pid), "MiB", 250, memory),
        ];
    }

    /// <summary>With so many Secrets that nobody names, of 1 KiB each, beside the same restarts without them.</summary>
    public static async Task<IEnumerable<Figure>> BesideSecretsAsync(
        BenchCluster cluster, BenchSpace space, OperatorPlan plan, List<Restart> without)
    {
        await space.CreateAsync(Enumerable.Range(0, plan.Secrets).Select(i => (space.Secrets, Resources.UnrelatedSecret(i))));
        var with = await MeasureAsync(cluster, space, plan);
        var (few, many) = (Resident(without), Resident(with));
        var told = Invariant($"{many:0} beside {few:0} MiB, medians of {with.Count} restarts; ")
            + Invariant($"managed heap {Heap(with):0} beside {Heap(without):0} MiB");
        return
        [
            new($"{plan.Secrets} unrelated Secrets: growth of resident memory", many - few, "MiB", 10, told),
            new("and restarted until steady, slowest", with.Max(r => r.UntilSteady.TotalSeconds), "s", 15, ""),
        ];
    }

    private static async Task<Restart> OnceAsync(BenchCluster cluster, BenchSpace space)
    {
        await cluster.StopOperatorAsync();
        var audit = cluster.Audit.Follow();
        var start = TimeProvider.System.GetUtcNow();
        cluster.StartOperator();
        var steady = await space.UntilSteadyAsync(audit);
        await Task.Delay(TimeSpan.FromSeconds(15));
        var resident = ProcessFigures.ResidentMiB(cluster.Operator.Id);
        return new()
        {
            UntilSteady = steady.Since - start,
            Written = steady.Writes,
            ResidentMiB = resident,
            HeapMiB = await cluster.HeapMiBAsync(),
        };
    }

    private static double Resident(List<Restart> restarts) => Median.Of(restarts.Select(r => r.ResidentMiB));

    private static double Heap(List<Restart> restarts) => Median.Of(restarts.Select(r => r.HeapMiB));
}
