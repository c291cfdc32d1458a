using System.Collections.Immutable;

namespace Operator.Hosting;

/// <summary>What the command line and the environment say to <c>operator run</c>.</summary>
internal sealed record RunOptions
{
    /// <summary>
    /// The kubeconfig file; null: as <see cref="Kubernetes.KubeConfig"/> finds one, which in a pod is its service account.
    /// </summary>
    public string? KubeConfig { get; init; }

    /// <summary>A context of that file; null: its current one.</summary>
    public string? Context { get; init; }

    /// <summary>The namespaces that are watched; empty: all of them, which needs a ClusterRole.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>The image of gateways that name none.</summary>
    public required string GatewayImage { get; init; }

    /// <summary>False: this process leads without asking. For one replica on a developer's machine.</summary>
    public bool ElectsLeader { get; init; } = true;

    /// <summary>Where the lease is; null: POD_NAMESPACE, else that of the kubeconfig.</summary>
    public string? Namespace { get; init; }

    /// <summary>The ServiceAccount of the pod, as POD_SERVICE_ACCOUNT: the lease goes with it. Null: the lease stays.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary>
    /// The ConfigMap, in the namespace of the lease, with the objects that it applies; null: none. See <see cref="GivenObjects"/>.
    /// </summary>
    public string? Apply { get; init; }

    /// <summary>Name of this process, as POD_NAME; with the process's own id it is never used twice.</summary>
    public required string Name { get; init; }

    /// <summary>Where metrics and probes are served.</summary>
    public required HealthOptions Health { get; init; }

    /// <summary>How many gateways are worked on at the same time. Default 8: most of a round is waiting.</summary>
    public int Workers { get; init; } = 8;
}
