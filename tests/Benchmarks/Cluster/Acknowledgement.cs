using System.Text.Json.Nodes;
using Benchmarks.Load;
using static System.FormattableString;

namespace Benchmarks.Cluster;

/// <summary>
/// How soon a change is in the memory of all three pods, and how soon the status of the LlmGateway says so: from just before the request
/// is sent, one change after the other, in a small config.
/// </summary>
internal static class Acknowledgement
{
    private const int WarmUps = 10;

    public static async Task<IEnumerable<Figure>> MeasureAsync(BenchCluster cluster, OperatorPlan plan)
    {
        cluster.StartOperator();
        var space = await BenchSpace.CreateAsync(cluster, "small");
        await space.CreateAsync(LoadSize.Small);
        await space.ServeAsync();
        await using var watch = space.Watch();
        await watch.UntilAsync(g => g is { IsReady: true, AckedPods: BenchSpace.Pods } && g.Attached == LoadSize.Small.Total);
        await cluster.UntilAsync("the operator rests", space.IsAtRestAsync);
        using var pods = await space.ViewPodsAsync();

        for (var i = 0; i < WarmUps; i++)
            await ChangeAsync(space, pods, watch, i);
        var before = await pods.RevisionAsync();
        var times = new List<Times>();
        for (var i = WarmUps; i < WarmUps + plan.Changes; i++)
            times.Add(await ChangeAsync(space, pods, watch, i));
        var revisions = await pods.RevisionAsync() - before;

        await space.DeleteAsync();
        await cluster.StopOperatorAsync();
        var reply = times.Select(t => t.Reply).Order().ToArray();
        var memory = times.Select(t => t.Memory).Order().ToArray();
        var status = times.Select(t => t.Status).Order().ToArray();
        var slowest = string.Join(", ", times.OrderByDescending(t => t.Memory).Take(5).Select(t => t.ToString()));
        var told = $"{times.Count} changes, {revisions} revisions; "
            + Invariant($"the API server replies after {Median.Percentile(reply, 50):0.0} ms");
        return
        [
            new("a change is in all pods' memory, p50", Median.Percentile(memory, 50), "ms", 300, told),
            new("a change is in all pods' memory, p99", Median.Percentile(memory, 99), "ms", 1000, "slowest: " + slowest),
            new("and in LlmGateway.status on a watch, p50", Median.Percentile(status, 50), "ms", 300, ""),
            new("and in LlmGateway.status on a watch, p99", Median.Percentile(status, 99), "ms", 1000, ""),
        ];
    }

    private static async Task<Times> ChangeAsync(
        BenchSpace space, PodsView pods, GatewayWatch watch, int i)
    {
        var (kind, name, spec) = Change(i);
        var before = await pods.RevisionAsync();
        var start = Clock.Now;
        var inMemory = pods.UntilBeyondAsync(before);
        await space.PatchAsync(kind, name, new() { ["spec"] = spec });
        var replied = Clock.Now;
        var memory = await inMemory;
        var status = await watch.UntilAsync(g => g.Revision > before && g.AckedPods == BenchSpace.Pods);
        return new(kind, Milliseconds(replied), Milliseconds(memory), Milliseconds(status));

        double Milliseconds(long time) => (time - start) / 1e6;
    }

    /// <summary>Each differs from what was there: a key is blocked, a limit and a weight change, the key is taken again.</summary>
    private static (string Kind, string Name, JsonObject Spec) Change(int i)
    {
        var (turn, at) = (i / 4, i / 4 % 20);
        return (i % 4) switch
        {
            0 => ("virtualkeys", Resources.KeyName(at), new() { ["state"] = "Blocked" }),
            1 => ("budgets", Resources.BudgetName(at), new() { ["limit"] = new JsonObject { ["cost"] = Amount(turn) } }),
            2 => ("modelroutes", Resources.RouteName(at), new() { ["targets"] = Resources.Targets(turn + 2) }),
            _ => ("virtualkeys", Resources.KeyName(at), new() { ["state"] = "Active" }),
        };
    }

    private static JsonObject Amount(int turn) => new()
    {
        ["amount"] = Invariant($"{turn + 26}.00"),
        ["currency"] = "USD",
    };

    /// <summary>Of a kind's change, in milliseconds since just before it was sent.</summary>
    private sealed record Times(string Kind, double Reply, double Memory, double Status)
    {
        public override string ToString() => Invariant($"{Kind} {Reply:0}/{Memory:0}/{Status:0} ms");
    }
}
