using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Children;

/// <summary>Manifests are written here as they stand in YAML; a member that is null is left out in the end.</summary>
internal static class ManifestJson
{
    /// <summary>An object with the metadata of a child.</summary>
    /// <param name="gateway">Its owner.</param>
    /// <param name="id">Kind and name.</param>
    /// <param name="content">The members beside apiVersion, kind and metadata.</param>
    /// <param name="annotations">None by default.</param>
    /// <param name="isOwned">False: it outlives its gateway.</param>
    public static Child Child(
        LlmGateway gateway,
        ChildId id,
        JsonObject content,
        ImmutableSortedDictionary<string, string>? annotations = null,
        bool isOwned = true)
    {
        var body = Manifest(gateway, id, content, annotations, isOwned);
        return new() { Id = id, Namespace = gateway.Metadata.Namespace, Body = JsonSerializer.SerializeToElement(body) };
    }

    /// <summary>The body of such an object, for one that is too large to be kept.</summary>
    /// <inheritdoc cref="Child"/>
    public static JsonObject Manifest(
        LlmGateway gateway,
        ChildId id,
        JsonObject content,
        ImmutableSortedDictionary<string, string>? annotations = null,
        bool isOwned = true)
    {
        var body = new JsonObject
        {
            ["apiVersion"] = id.Kind.ApiVersion,
            ["kind"] = id.Kind.Kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = id.Name,
                ["namespace"] = gateway.Metadata.Namespace,
                ["labels"] = ChildLabels.Of(gateway.Metadata.Name),
                ["annotations"] = annotations is { IsEmpty: false } ? Map(annotations) : null,
                ["ownerReferences"] = isOwned ? new JsonArray(Owner(gateway)) : null,
            },
        };
        foreach (var (name, value) in content)
            body[name] = value?.DeepClone();
        return (JsonObject)WithoutNulls(body);
    }

    public static JsonObject Map(ImmutableSortedDictionary<string, string> entries) => new(Members(entries));

    public static JsonArray List(IEnumerable<JsonNode?> items) => [.. items];

    /// <summary>
    /// The owner that manages its children and, deleted in the foreground, waits for them.
    /// https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
    /// </summary>
    private static JsonObject Owner(LlmGateway gateway) => new()
    {
        ["apiVersion"] = ResourceGroup.ApiVersion,
        ["kind"] = LlmGateway.KindName,
        ["name"] = gateway.Metadata.Name,
        ["uid"] = gateway.Metadata.Uid,
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Members(ImmutableSortedDictionary<string, string> entries) =>
        entries.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)e.Value));

    private static JsonNode WithoutNulls(JsonNode node) => node switch
    {
        JsonObject members => new JsonObject(
            members.Where(m => m.Value is not null).Select(m => KeyValuePair.Create(m.Key, (JsonNode?)WithoutNulls(m.Value!)))),
        JsonArray items => List(items.OfType<JsonNode>().Select(WithoutNulls)),
        _ => node.DeepClone(),
    };
}
