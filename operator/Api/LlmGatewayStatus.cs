using System.Collections.Immutable;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>What a gateway is.</summary>
internal sealed record LlmGatewayStatus : ResourceStatus
{
    /// <summary>Pods that are there.</summary>
    [Bounds(0, 1000)]
    public int Replicas { get; init; }

    /// <summary>Pods that serve.</summary>
    [Bounds(0, 1000)]
    public int ReadyReplicas { get; init; }

    /// <summary>Selector of the pods, as text, for autoscalers.</summary>
    [Text(1024)]
    public string? Selector { get; init; }

    /// <summary>Where callers reach it: the exposed address, else that of the Service.</summary>
    [Text(1024)]
    public string? Url { get; init; }

    /// <summary>Which config the pods serve.</summary>
    public GatewayConfigStatus? Config { get; init; }

    /// <summary>ModelRoutes in the config.</summary>
    [Bounds(0, 100_000)]
    public int AttachedRoutes { get; init; }

    /// <summary>VirtualKeys in the config.</summary>
    [Bounds(0, 1_000_000)]
    public int AttachedKeys { get; init; }

    /// <summary>Budgets in the config.</summary>
    [Bounds(0, 100_000)]
    public int AttachedBudgets { get; init; }

    /// <summary>Pods that do not serve the wanted revision, at most 16 of them.</summary>
    [Items(16, Type = ListType.Map)]
    public ImmutableArray<LaggingPod> LaggingPods { get; init; } = [];
}

/// <summary>Which config the pods serve.</summary>
internal sealed record GatewayConfigStatus
{
    /// <summary>The wanted revision.</summary>
    [Bounds(0, BoundsAttribute.MaxExact)]
    public long Revision { get; init; }

    /// <summary>Hash of its content.</summary>
    [Text(64)]
    public string? Hash { get; init; }

    /// <summary>Pods that shall serve it.</summary>
    [Bounds(0, 1000)]
    public int TargetPods { get; init; }

    /// <summary>Pods that have accepted it.</summary>
    [Bounds(0, 1000)]
    public int AckedPods { get; init; }

    /// <summary>Pods that have refused it.</summary>
    [Bounds(0, 1000)]
    public int RejectedPods { get; init; }

    /// <summary>Accepted and wanted, as in `3/3`.</summary>
    [Text(16)]
    public string? Summary { get; init; }

    /// <summary>When a pod accepted last.</summary>
    public DateTimeOffset? LastAckTime { get; init; }
}

/// <summary>A pod that does not serve the wanted revision.</summary>
internal sealed record LaggingPod
{
    /// <summary>Its name.</summary>
    [Text(253)]
    public required string Name { get; init; }

    /// <summary>The revision that it serves; 0: none.</summary>
    [Bounds(0, BoundsAttribute.MaxExact)]
    public long Revision { get; init; }

    /// <summary>Why.</summary>
    [Text(1024, MinLength = 0)]
    public string Reason { get; init; } = "";
}
