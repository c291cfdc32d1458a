using System.Collections.Immutable;
using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>A pod, as far as it is read here: whether it answers, and where.</summary>
internal sealed record Pod() : KubernetesObject("v1", "Pod")
{
    /// <summary>What the kubelet says of it.</summary>
    public PodStatus Status { get; init; } = new();

    /// <summary>Whether it may answer: it has an address and has not ended. One that is being deleted still does.</summary>
    public bool IsRunning => Status is { Phase: "Running", PodIp.Length: > 0 };

    /// <summary>Whether its probes say that it serves.</summary>
    public bool IsReady => Status.Conditions.Any(c => c is { Type: "Ready", Status: "True" });
}

/// <summary>https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodStatus</summary>
internal sealed record PodStatus
{
    /// <summary>Pending, Running, Succeeded, Failed or Unknown.</summary>
    public string Phase { get; init; } = "";

    /// <summary>Its address in the cluster; null while it has none.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("podIP")]
    public string? PodIp { get; init; }

    /// <summary>Ready and others.</summary>
    public ImmutableArray<PodCondition> Conditions { get; init; } = [];
}

/// <summary>One condition of a pod.</summary>
internal sealed record PodCondition
{
    /// <summary>Which.</summary>
    public required string Type { get; init; }

    /// <summary>True, False or Unknown.</summary>
    public required string Status { get; init; }
}
