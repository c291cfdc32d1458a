using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Operator.Api.Schema;

/// <summary>Reads manifests as an API server would: what that one would refuse by schema is refused here too.</summary>
internal static class ManifestReader
{
    /// <summary>Every problem at once, or the typed object with its defaults. The node is not changed.</summary>
    public static ManifestResult Read(JsonNode? manifest) => new() { Problems = [new("", "must be an object")] };
}

/// <summary>What a manifest says, or what is wrong with it.</summary>
internal sealed record ManifestResult
{
    /// <summary>Kind, as far as it could be read.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Namespace; <c>default</c> where the manifest names none.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Name, as far as it could be read.</summary>
    public string Name { get; init; } = "";

    /// <summary>An LlmGateway, ModelRoute, VirtualKey, Budget, Secret or Namespace; null when there are problems.</summary>
    public KubernetesObject? Object { get; init; }

    /// <summary>Empty when the manifest is good.</summary>
    public ImmutableArray<FieldProblem> Problems { get; init; } = [];
}
