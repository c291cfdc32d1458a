using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>How many pods, by load.</summary>
[CelRule("self.minReplicas <= self.maxReplicas", RuleMessages.MinAboveMaxReplicas)]
internal sealed record AutoscalingSpec
{
    /// <summary>Fewest pods.</summary>
    [Bounds(1, 100)]
    public int MinReplicas { get; init; } = 1;

    /// <summary>Most pods.</summary>
    [Bounds(1, 100)]
    public required int MaxReplicas { get; init; }

    /// <summary>Share of the requested CPU that the autoscaler aims at, over all pods.</summary>
    [Bounds(1, 100), JsonPropertyName("targetCPUUtilizationPercent")]
    public int TargetCpuUtilizationPercent { get; init; } = 70;
}

/// <summary>Compute resources, as in a container.</summary>
internal sealed record ResourceRequirements
{
    /// <summary>What is set aside.</summary>
    [Entries(8, KeyMaxLength = 63), Text(32, Pattern = Patterns.Quantity, Means = Patterns.QuantityMeans)]
    public ImmutableSortedDictionary<string, string> Requests { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The most that may be used.</summary>
    [Entries(8, KeyMaxLength = 63), Text(32, Pattern = Patterns.Quantity, Means = Patterns.QuantityMeans)]
    public ImmutableSortedDictionary<string, string> Limits { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>The ServiceAccount of the pods.</summary>
internal sealed record ServiceAccountSpec
{
    /// <summary>Name of one that exists; default: one is made, with the gateway's name.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public string? Name { get; init; }

    /// <summary>Annotations of the one that is made, as cloud identities need them.</summary>
    [Entries(32, KeyMaxLength = 317, KeyPattern = Patterns.QualifiedName, KeyMeans = Patterns.QualifiedNameMeans)]
    [Text(1024, MinLength = 0)]
    public ImmutableSortedDictionary<string, string> Annotations { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>Where the journal lives: at most one of `persistentVolumeClaim` and `emptyDir` is set; default `emptyDir`.</summary>
[CelRule("!(has(self.persistentVolumeClaim) && has(self.emptyDir))", RuleMessages.OneStorage)]
internal sealed record StorageSpec
{
    /// <summary>
    /// A volume that outlives the pod: without `postgres` one claim, kept even when the gateway is deleted, because the ledger is on
    /// it; with `postgres` one for each pod, as long as the pod is there.
    /// </summary>
    public PersistentVolumeClaimSpec? PersistentVolumeClaim { get; init; }

    /// <summary>A volume that goes with the pod; Budgets then say `Durable=False`.</summary>
    public EmptyDirSpec? EmptyDir { get; init; }

    /// <summary>
    /// With `postgres`: how much may wait in the volume while the database is away; with `redis` twice that. It has to fit, with some
    /// room. When it is full `budgetStoreFailureMode` decides.
    /// </summary>
    [Bounds(16, 65536)]
    public int SpoolMaxMiB { get; init; } = 128;
}

/// <summary>A claim that is made for the gateway.</summary>
internal sealed record PersistentVolumeClaimSpec
{
    /// <summary>Default: the cluster's own.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public string? StorageClassName { get; init; }

    /// <summary>How large.</summary>
    [Text(32, Pattern = Patterns.Quantity, Means = Patterns.QuantityMeans)]
    public string Size { get; init; } = "1Gi";
}

/// <summary>A volume that goes with the pod.</summary>
internal sealed record EmptyDirSpec
{
    /// <summary>How large.</summary>
    [Text(32, Pattern = Patterns.Quantity, Means = Patterns.QuantityMeans)]
    public string SizeLimit { get; init; } = "1Gi";
}

/// <summary>How many pods may be away on purpose.</summary>
internal sealed record PodDisruptionBudgetSpec
{
    /// <summary>A number or a percentage.</summary>
    [Text(4, Pattern = "^(100|[0-9]{1,2})%$", Means = "must be a number or a percentage, as 25%"), Bounds(0, 100)]
    public IntOrString MaxUnavailable { get; init; } = 1;
}
