using System.Collections.Immutable;

namespace Operator.Api;

/// <summary>A ConfigMap, as far as it is read here.</summary>
internal sealed record ConfigMap() : KubernetesObject("v1", "ConfigMap")
{
    /// <summary>Texts by name.</summary>
    public ImmutableSortedDictionary<string, string> Data { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}
