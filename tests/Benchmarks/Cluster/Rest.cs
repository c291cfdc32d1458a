using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Benchmarks.Servers;
using Support.ControlPlane;
using static System.FormattableString;

namespace Benchmarks.Cluster;

/// <summary>What the operator does while nothing happens, and what one change of one key costs it on top of that.</summary>
internal static class Rest
{
    /// <summary>After which everything that a change brings is over.</summary>
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(4);

    public static async Task<IEnumerable<Figure>> MeasureAsync(BenchCluster cluster, BenchSpace space, OperatorPlan plan)
    {
        var audit = cluster.Audit.Follow();
        await space.UntilSteadyAsync(audit);
        audit.Read();
        var before = ProcessorTime();
        await Task.Delay(plan.Rest);
        var idle = (ProcessorTime() - before) / plan.Rest;
        var writes = audit.Read().RemoveAll(w => w.IsLease);

        using var pods = await space.ViewPodsAsync();
        var rounds = await cluster.RoundsAsync();
        var changes = new List<(double Milliseconds, ImmutableArray<AuditedWrite> Writes)>();
        for (var i = 0; i < plan.KeyChanges; i++)
        {
            var changed = Resources.KeyName(i * 7);
            var revision = await pods.RevisionAsync();
            audit.Read();
            before = ProcessorTime();
            var wait = Task.Delay(s_window);
            await space.PatchAsync("virtualkeys", changed, new() { ["spec"] = new JsonObject { ["state"] = "Blocked" } });
            await wait;
            var spent = ProcessorTime() - before - (s_window * idle);
            await pods.UntilBeyondAsync(revision);
            changes.Add((spent.TotalMilliseconds, [.. audit.Read().Where(w => !w.IsLease && !IsOf(w, changed))]));
        }

        rounds = await cluster.RoundsAsync() - rounds;
        var costs = changes.Select(c => c.Milliseconds).Order().ToArray();
        var others = changes.SelectMany(c => c.Writes).Where(w => w.Subresource == "status").ToList();
        var cost = Invariant($"{costs[0]:0} to {costs[^1]:0} ms, {costs.Average():0} ms and ")
            + Invariant($"{(double)rounds / costs.Length:0.0} rounds of the line on average of {costs.Length}");
        var rest = Invariant($"{plan.Rest.TotalSeconds:0} s at rest");
        return
        [
            new($"{rest}: writes but the lease", writes.Length, "", 0, Writes.Told(writes)),
            new($"{rest}: processor time", idle * 100, "%", null, "of one core"),
            new("one key changed: processor time, median", Median.Of(costs), "ms", 100, cost),
            new("one key changed: statuses but its own and the gateway's", others.Count, "", 0, Writes.Told(others)),
            new("one key changed: other writes", changes.Average(c => c.Writes.Count(w => w.Subresource != "status")), "", null,
                Writes.Told(changes[^1].Writes.Where(w => w.Subresource != "status"))),
        ];

        TimeSpan ProcessorTime() => ProcessFigures.ProcessorTime(cluster.Operator.Id);
    }

    private static bool IsOf(AuditedWrite write, string changed) => write is { Subresource: "status", Resource: "llmgateways" }
        || (write is { Subresource: "status", Resource: "virtualkeys" } && write.Name == changed);
}
