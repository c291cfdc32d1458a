using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Operator.Api.Schema;

/// <summary>Reads manifests as an API server would: what that one would refuse by schema is refused here too.</summary>
/// <remarks>Rules (CEL) are not here: <c>Translate/Checks</c> has them, for objects from wherever.</remarks>
internal static class ManifestReader
{
    private static readonly FrozenDictionary<(string ApiVersion, string Kind), Type> s_kinds =
        new Dictionary<(string, string), Type>
        {
            [(ResourceGroup.ApiVersion, LlmGateway.KindName)] = typeof(LlmGateway),
            [(ResourceGroup.ApiVersion, ModelRoute.KindName)] = typeof(ModelRoute),
            [(ResourceGroup.ApiVersion, VirtualKey.KindName)] = typeof(VirtualKey),
            [(ResourceGroup.ApiVersion, Budget.KindName)] = typeof(Budget),
            [("v1", "Secret")] = typeof(Secret),
            [("v1", "Namespace")] = typeof(Namespace),
        }.ToFrozenDictionary();

    /// <summary>Every problem at once, or the typed object with its defaults. The node is not changed.</summary>
    public static ManifestResult Read(JsonNode? manifest)
    {
        if (manifest is not JsonObject given)
            return Refuse(new("", "must be an object"));
        JsonElement element;
        try
        {
            element = JsonSerializer.SerializeToElement(given);
        }
        catch (JsonException)
        {
            return Refuse(new("", "is nested too deeply"));
        }

        var result = new ManifestResult
        {
            Kind = Text(element, "kind"),
            Namespace = Text(element, "metadata", "namespace"),
            Name = Text(element, "metadata", "name"),
        };
        if (Missing(element, "apiVersion", "kind") is { Length: > 0 } missing)
            return result with { Problems = missing };
        if (!s_kinds.TryGetValue((Text(element, "apiVersion"), result.Kind), out var type))
            return result with { Problems = [UnknownKind(Text(element, "apiVersion"), result.Kind)] };
        if (result.Namespace.Length == 0 && type != typeof(Namespace))
            result = result with { Namespace = "default" };
        return Read(given, type, result);
    }

    private static ManifestResult Read(JsonObject given, Type type, ManifestResult result)
    {
        var schema = SchemaReader.Read(type);
        var copy = (JsonObject)given.DeepClone();
        copy.Remove("status");
        var problems = SchemaValidator.Validate(JsonSerializer.SerializeToElement(copy), schema);
        if (problems.Length > 0)
            return result with { IsKnownKind = true, Problems = problems };
        DropNulls(copy, schema);
        copy["metadata"]!["namespace"] = result.Namespace;
        return result with { IsKnownKind = true, Object = (KubernetesObject?)copy.Deserialize(type, ApiJson.Options) };
    }

    /// <summary>
    /// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable
    /// </summary>
    private static void DropNulls(JsonNode node, SchemaNode schema)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list)
                DropNulls(item!, schema.Item!);
        }

        if (schema.Type != SchemaType.Object)
            return;
        foreach (var member in schema.Members)
        {
            if (node[member.Name] is { } value)
                DropNulls(value, member.Node);
            else
                node.AsObject().Remove(member.Name);
        }
    }

    private static FieldProblem UnknownKind(string apiVersion, string kind)
    {
        var meant = s_kinds.Keys.FirstOrDefault(k => string.Equals(k.Kind, kind, StringComparison.OrdinalIgnoreCase));
        if (meant.Kind is null)
            return new("kind", $"no kind `{kind}` is known in version `{apiVersion}`");
        return meant.Kind == kind
            ? new("apiVersion", $"must be `{meant.ApiVersion}` for a {kind}, not `{apiVersion}`")
            : new("kind", $"no kind `{kind}` is known; did you mean `{meant.Kind}`?");
    }

    private static string Text(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
                return "";
        }

        return element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
    }

    private static ImmutableArray<FieldProblem> Missing(JsonElement element, params ReadOnlySpan<string> names)
    {
        var problems = ImmutableArray.CreateBuilder<FieldProblem>();
        foreach (var name in names)
        {
            if (Text(element, name).Length == 0)
                problems.Add(new(name, "Required value"));
        }

        return problems.ToImmutable();
    }

    private static ManifestResult Refuse(FieldProblem problem) => new() { Problems = [problem] };
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

    /// <summary>False for kinds that are none of ours and neither Secret nor Namespace: a folder may hold them for other readers.</summary>
    public bool IsKnownKind { get; init; }

    /// <summary>An LlmGateway, ModelRoute, VirtualKey, Budget, Secret or Namespace; null when there are problems.</summary>
    public KubernetesObject? Object { get; init; }

    /// <summary>Empty when the manifest is good.</summary>
    public ImmutableArray<FieldProblem> Problems { get; init; } = [];
}
