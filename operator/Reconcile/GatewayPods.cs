using System.Collections.Immutable;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;
using Operator.Push;
using Operator.Status;

namespace Operator.Reconcile;

/// <summary>The pods of one gateway: those that the config is pushed to, and those that the status speaks of.</summary>
internal sealed record GatewayPods
{
    /// <summary>Every one, in the order of their names.</summary>
    public required ImmutableArray<Pod> All { get; init; }

    /// <summary>
    /// Those that may answer. One that is being deleted may, and must hear of a key that is revoked while it ends its calls.
    /// </summary>
    public ImmutableArray<PodEndpoint> Endpoints => [.. All.Where(p => p.IsRunning).Select(Endpoint)];

    /// <summary>Of the newest; null: there is none, or it has no database.</summary>
    public string? StoresFingerprint =>
        All.MaxBy(p => p.Metadata.CreationTimestamp)?.Metadata.Annotations.GetValueOrDefault(PodTemplate.StoresAnnotation);

    /// <summary>Those that the Deployment has made: anybody who may make pods may put our labels on them.</summary>
    public static GatewayPods Of(ObjectKey gateway, IEnumerable<Pod> pods)
    {
        var instance = ChildNames.Own(gateway.Name);
        return new()
        {
            All =
            [
                .. pods.Where(p => p.Metadata.Namespace == gateway.Namespace
                        && p.Metadata.Labels.GetValueOrDefault(ChildLabels.Instance) == instance
                        && IsOfDeployment(p.Metadata, instance))
                    .OrderBy(p => p.Metadata.Name, StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>
    /// A ReplicaSet of a Deployment bears its name and the hash of the template that its pods show too. Whoever writes another owner into a
    /// pod loses the pod: to that ReplicaSet, or to the garbage collector.
    /// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label
    /// </summary>
    private static bool IsOfDeployment(ObjectMeta pod, string deployment) =>
        pod.Labels.TryGetValue("pod-template-hash", out var hash)
        && pod.OwnerReferences.Any(o => o is { Controller: true, ApiVersion: "apps/v1", Kind: "ReplicaSet" } && o.Name == $"{deployment}-{hash}");

    /// <summary>Pods that are there to stay, started or not.</summary>
    public ImmutableArray<PodReport> Reports(ImmutableArray<PodState> states, StampedConfig? config)
    {
        var byName = states.ToDictionary(s => s.Pod.Name, StringComparer.Ordinal);
        return
        [
            .. All.Where(p => p.Metadata.DeletionTimestamp is null && p.Status.Phase is not ("Failed" or "Succeeded"))
                .Select(p => byName.TryGetValue(p.Metadata.Name, out var state)
                    ? PodReports.Of(state, config)
                    : new() { Name = p.Metadata.Name, Problem = "has not started" }),
        ];
    }

    private static PodEndpoint Endpoint(Pod pod) => new()
    {
        Name = pod.Metadata.Name,
        Address = new UriBuilder("https", pod.Status.PodIp!, PodPorts.Admin).Uri,
        IsReady = pod.IsReady,
    };
}
