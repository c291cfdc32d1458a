using System.Text.Json;
using System.Text.Json.Nodes;

namespace Operator.Children;

/// <summary>
/// Lays <c>spec.podTemplate</c> over a pod template: objects are merged member by member, a null removes, lists of things with a name
/// (<see cref="s_mergeKeys"/>) are merged by it, all other values are replaced. What may be laid over is said by
/// <see cref="PodOverlayCheck"/>; this one merges whatever it is given.
/// </summary>
internal static class PodOverlay
{
    /// <summary>
    /// The member that tells items of a list apart.
    /// https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
    /// </summary>
    private static readonly Dictionary<string, string> s_mergeKeys = new(StringComparer.Ordinal)
    {
        ["containers"] = "name",
        ["initContainers"] = "name",
        ["volumes"] = "name",
        ["env"] = "name",
        ["imagePullSecrets"] = "name",
        ["volumeMounts"] = "mountPath",
    };

    /// <summary>The merged template; both arguments stay as they are.</summary>
    public static JsonObject Apply(JsonObject template, JsonElement overlay)
    {
        var merged = Merge(template, JsonObject.Create(overlay) ?? []);
        Restrict(merged["spec"]?["containers"]);
        Restrict(merged["spec"]?["initContainers"]);
        return merged;
    }

    private static JsonObject Merge(JsonObject ours, JsonObject overlay)
    {
        var merged = ours.DeepClone().AsObject();
        foreach (var (name, value) in overlay)
        {
            if (value is null)
                merged.Remove(name);
            else
                merged[name] = Merge(name, merged[name], value);
        }

        return merged;
    }

    private static JsonNode Merge(string name, JsonNode? ours, JsonNode overlay) => (ours, overlay) switch
    {
        (JsonObject a, JsonObject b) => Merge(a, b),
        (null, JsonObject b) => Merge([], b),
        (JsonArray a, JsonArray b) when s_mergeKeys.TryGetValue(name, out var key) => Merge(a, b, key),
        _ => overlay.DeepClone(),
    };

    private static JsonArray Merge(JsonArray ours, JsonArray overlay, string key)
    {
        var merged = ours.DeepClone().AsArray();
        foreach (var item in overlay.OfType<JsonObject>())
        {
            var same = merged.OfType<JsonObject>().FirstOrDefault(i => JsonNode.DeepEquals(i[key], item[key]));
            if (same is null)
                merged.Add(Merge([], item));
            else
                merged[merged.IndexOf(same)] = Merge(same, item);
        }

        return merged;
    }

    /// <summary>A container of the user's that says nothing of privileges gets none, as the gateway's own.</summary>
    private static void Restrict(JsonNode? containers)
    {
        foreach (var container in (containers as JsonArray ?? []).OfType<JsonObject>())
            container["securityContext"] = Merge(GatewayContainer.RestrictedContext(), container["securityContext"] as JsonObject ?? []);
    }
}
