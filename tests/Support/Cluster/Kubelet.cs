using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Support.Cluster;

/// <summary>
/// Plays the scheduler and the kubelet for the pods of gateways: the container <c>gateway</c> is a real process on an address of its own in
/// 127.0.0.0/8, at the ports of a pod; its volumes are folders, and files of Secrets follow their Secrets; its status says what the
/// readiness probe says; deletion is SIGTERM, the grace period, SIGKILL, and then the pod is gone; a process that ends is started again in
/// its pod. Other containers, liveness probes and limits are not played.
/// </summary>
/// <example>
/// <code>
/// await using var kubelet = Kubelet.Start(server.Client, new() { GatewayProgram = "…/gateway" });
/// await kubelet.Pods.Single().KillAsync();
/// </code>
/// </example>
public sealed class Kubelet : IAsyncDisposable
{
    private const string ManagedPods = "api/v1/pods?labelSelector=app.kubernetes.io/managed-by%3Dllmgateway.dev";

    private readonly ClusterApi _api;
    private readonly KubeletOptions _options;
    private readonly string _folder = Directory.CreateTempSubdirectory("kubelet-").FullName;
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentDictionary<string, (Pod Pod, Task Life)> _pods = [];
    private readonly ObjectMirror _podMirror;
    private readonly ObjectMirror _secretMirror;
    private readonly Task _mirrors;

    private Kubelet(HttpClient client, KubeletOptions options)
    {
        (_api, _options) = (new(client), options);
        _secretMirror = new(_api, "api/v1/secrets", _ => { });
        _podMirror = new(_api, ManagedPods, Begin);
        _mirrors = Task.WhenAll(_podMirror.RunAsync(_over.Token), _secretMirror.RunAsync(_over.Token));
    }

    /// <summary>The pods whose process it has started, or is about to, in the order of their names.</summary>
    public IReadOnlyList<Pod> Pods =>
        [.. _pods.Values.Where(p => !p.Life.IsCompleted).Select(p => p.Pod).OrderBy(p => p.Name, StringComparer.Ordinal)];

    /// <summary>Begins to run what there is and what will come.</summary>
    /// <param name="client">Of the API server, with the rights of an administrator.</param>
    /// <param name="options">How.</param>
    public static Kubelet Start(HttpClient client, KubeletOptions options) => new(client, options);

    /// <summary>Pods of a namespace; see <see cref="Pods"/>.</summary>
    public IReadOnlyList<Pod> PodsOf(string ns) => [.. Pods.Where(p => p.Namespace == ns)];

    /// <summary>As when a node is lost and given up: the process ends at once, the pod is deleted without grace.</summary>
    public async Task LoseAsync(Pod pod)
    {
        await _api.DeleteAsync(pod.Path, new() { ["gracePeriodSeconds"] = 0 });
        await _pods[pod.Uid].Life;
    }

    /// <summary>Kills every process.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _mirrors.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_pods.Values.Select(p => p.Life));
        _over.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Begin(JsonObject value)
    {
        var uid = (string)value["metadata"]!["uid"]!;
        if (_pods.ContainsKey(uid))
            return;
        var pod = new Pod(value, Path.Combine(_folder, "pods", uid), Path.Combine(_folder, "claims"));
        var life = new PodLife(pod, _api, _options, () => Current(pod), name => _secretMirror.Find(pod.Namespace, name));
        _pods[uid] = (pod, Task.Run(() => life.RunAsync(_over.Token), CancellationToken.None));
    }

    private JsonObject? Current(Pod pod) =>
        _podMirror.Find(pod.Namespace, pod.Name) is { } value && (string?)value["metadata"]!["uid"] == pod.Uid ? value : null;
}
