using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Operator.Api.Schema;

/// <summary>Reads manifests as an API server would: what that one would refuse by schema is refused here too.</summary>
internal static class ManifestReader
{
    private static readonly ImmutableDictionary<(string ApiVersion, string Kind), Type> s_kinds = ImmutableDictionary.CreateRange(
    [
        KeyValuePair.Create((ResourceGroup.ApiVersion, LlmGateway.KindName), typeof(LlmGateway)),
        KeyValuePair.Create((ResourceGroup.ApiVersion, ModelRoute.KindName), typeof(ModelRoute)),
        KeyValuePair.Create((ResourceGroup.ApiVersion, VirtualKey.KindName), typeof(VirtualKey)),
        KeyValuePair.Create((ResourceGroup.ApiVersion, Budget.KindName), typeof(Budget)),
        KeyValuePair.Create(("v1", "Secret"), typeof(Secret)),
        KeyValuePair.Create(("v1", "Namespace"), typeof(Namespace)),
    ]);

    /// <summary>Every problem at once, or the typed object with its defaults. The node is not changed.</summary>
    public static ManifestResult Read(JsonNode? manifest)
    {
        if (manifest is not JsonObject json)
            return new() { Problems = [new("", "must be an object")] };
        var kind = Text(json, "kind");
        var metadata = json["metadata"] as JsonObject;
        var isCluster = kind == "Namespace";
        var result = new ManifestResult
        {
            Kind = kind,
            Namespace = isCluster ? "" : Text(metadata, "namespace") is { Length: > 0 } given ? given : "default",
            Name = Text(metadata, "name"),
        };
        if (!s_kinds.TryGetValue((Text(json, "apiVersion"), kind), out var type))
            return result with { Problems = [UnknownKind(Text(json, "apiVersion"), kind)] };

        // The status is the operator's to write; an API server drops it from what users apply.
        var copy = json.DeepClone().AsObject();
        copy.Remove("status");
        var problems = new StructuralCheck();
        problems.CheckObject(copy, type, "");
        if (!problems.IsEmpty)
            return result with { Problems = problems.ToImmutable() };

        var read = (KubernetesObject)copy.Deserialize(type, ApiJson.Options)!;
        return result with { Object = read with { Metadata = read.Metadata with { Namespace = result.Namespace } } };
    }

    private static FieldProblem UnknownKind(string apiVersion, string kind)
    {
        var known = s_kinds.Keys.FirstOrDefault(k => string.Equals(k.Kind, kind, StringComparison.OrdinalIgnoreCase));
        if (known.Kind is null)
            return new("kind", $"must be one of {string.Join(", ", s_kinds.Keys.Select(k => k.Kind).Order(StringComparer.Ordinal))}, but is `{kind}`");
        return known.Kind == kind
            ? new("apiVersion", $"must be `{known.ApiVersion}` for a {kind}, but is `{apiVersion}`")
            : new("kind", $"must be written `{known.Kind}`, but is `{kind}`");
    }

    private static string Text(JsonObject? json, string name) =>
        json?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
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

    /// <summary>The object; null where there is a problem.</summary>
    public KubernetesObject? Object { get; init; }

    /// <summary>Every problem; empty where the object is good.</summary>
    public ImmutableArray<FieldProblem> Problems { get; init; } = [];
}
