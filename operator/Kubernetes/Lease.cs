using System.Text.Json.Serialization;
using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>
/// Who leads, as several processes agree on it.
/// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
/// </summary>
internal sealed record Lease() : KubernetesObject(GroupVersion, "Lease")
{
    public const string GroupVersion = "coordination.k8s.io/v1";

    /// <summary>What its holder wrote.</summary>
    public LeaseSpec Spec { get; init; } = new();
}

/// <summary>The record of the holder.</summary>
internal sealed record LeaseSpec
{
    /// <summary>Who holds it; empty or null: nobody.</summary>
    public string? HolderIdentity { get; init; }

    /// <summary>After so long without a change another may take it.</summary>
    public int? LeaseDurationSeconds { get; init; }

    /// <summary>When the holder took it, by the holder's clock.</summary>
    [JsonConverter(typeof(MicroTime))]
    public DateTimeOffset? AcquireTime { get; init; }

    /// <summary>When the holder renewed it last, by the holder's clock: for people only.</summary>
    [JsonConverter(typeof(MicroTime))]
    public DateTimeOffset? RenewTime { get; init; }

    /// <summary>How often it went from one holder to another.</summary>
    public int? LeaseTransitions { get; init; }
}
