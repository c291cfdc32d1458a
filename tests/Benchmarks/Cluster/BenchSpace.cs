using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Support.ControlPlane;

namespace Benchmarks.Cluster;

/// <summary>A namespace with one LlmGateway, <c>main</c>, and what its users do in it.</summary>
internal sealed class BenchSpace(BenchCluster cluster, string name)
{
    /// <summary>Of the gateway.</summary>
    public const int Pods = 3;

    private const int Writers = 8;

    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(5);

    /// <summary>Of the custom resources, as URLs have them.</summary>
    private const string Group = $"apis/{Resources.ApiVersion}";

    public static async Task<BenchSpace> CreateAsync(BenchCluster cluster, string name)
    {
        await cluster.Api.CreateAsync("api/v1/namespaces", new() { ["metadata"] = new JsonObject { ["name"] = name } });
        return new(cluster, name);
    }

    /// <summary>Where Secrets are.</summary>
    public string Secrets => $"api/v1/namespaces/{name}/secrets";

    /// <summary>Where a kind of ours is.</summary>
    public string Collection(string kind) => $"{Group}/namespaces/{name}/{kind}";

    /// <summary>Makes the gateway and waits until all its pods serve, while an operator runs.</summary>
    public async Task ServeAsync()
    {
        await cluster.Api.CreateAsync(Secrets, new()
        {
            ["metadata"] = new JsonObject { ["name"] = "postgres" },
            ["stringData"] = new JsonObject { ["uri"] = cluster.Postgres.Url },
        });
        await cluster.Api.CreateAsync(Collection("llmgateways"), Resources.Gateway("postgres", "uri"));
        await cluster.UntilAsync("the pods serve", async () =>
            GatewayState.Of(await cluster.Api.GetAsync(Collection("llmgateways/main"))) is { IsReady: true, AckedPods: Pods });
    }

    /// <summary>Makes them, eight at a time; how long that took.</summary>
    public async Task<TimeSpan> CreateAsync(IEnumerable<(string Collection, JsonObject Value)> objects)
    {
        var queue = new ConcurrentQueue<(string Collection, JsonObject Value)>(objects);
        var time = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            while (queue.TryDequeue(out var next))
                await cluster.Api.CreateAsync(next.Collection, next.Value);
        })));
        return time.Elapsed;
    }

    /// <summary>All of a load.</summary>
    public Task<TimeSpan> CreateAsync(LoadSize size) =>
        CreateAsync(Resources.All(size).Select(o => (Collection(o.Kind), o.Value)));

    public Task PatchAsync(string kind, string of, JsonObject patch) => cluster.Api.PatchAsync(Collection($"{kind}/{of}"), patch);

    /// <summary>With all that is in it.</summary>
    public async Task DeleteAsync()
    {
        await cluster.Api.DeleteAsync($"api/v1/namespaces/{name}");
        await cluster.UntilAsync("the namespace is gone", async () => await cluster.Api.FindAsync($"api/v1/namespaces/{name}") is null);
    }

    /// <summary>Whether the operator has nothing to do and knows that all pods have its config.</summary>
    public async Task<bool> IsAtRestAsync()
    {
        var metrics = await cluster.Operator.MetricsAsync(CancellationToken.None);
        return metrics.TryGetValue("llmgateway_config_pods", out var states)
            && states.Samples.Any(s => s.Labels["gateway"] == $"{name}/main" && s.Labels["state"] == "acknowledged" && s.Value == Pods)
            && metrics["controller_runtime_active_workers"].Samples.All(s => s.Value == 0)
            && metrics["workqueue_depth"].Samples.All(s => s.Value == 0);
    }

    /// <summary>
    /// Until the operator, however new it is, rests and has written nothing but its lease for five seconds; since when both was so.
    /// </summary>
    public async Task<Steady> UntilSteadyAsync(AuditReader audit)
    {
        var writes = new List<AuditedWrite>();
        await cluster.UntilAsync("the operator rests", IsAtRestAsync);
        var atRest = TimeProvider.System.GetUtcNow();
        await cluster.UntilAsync("the operator writes no more", async () =>
        {
            writes.AddRange(audit.Read().Where(w => !w.IsLease));
            var quietSince = writes.Count > 0 && writes[^1].Time > atRest ? writes[^1].Time : atRest;
            return TimeProvider.System.GetUtcNow() - quietSince > s_quiet && await IsAtRestAsync();
        });
        return new(atRest, [.. writes]);
    }

    /// <summary>The pods' own word.</summary>
    public async Task<PodsView> ViewPodsAsync()
    {
        var secret = await cluster.Api.GetAsync($"{Secrets}/main-admin");
        return new(cluster.Installed.Kubelet.PodsOf(name), secret);
    }

    public GatewayWatch Watch() => new(cluster.Api, Collection("llmgateways"));
}
