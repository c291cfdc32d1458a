using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Status;

/// <summary>JSON merge patches of a status: https://www.rfc-editor.org/rfc/rfc7396</summary>
internal static class StatusPatch
{
    /// <summary>
    /// What turns the status of an object into another: members that are gone are null, those that are equal are left out. The patch is for
    /// the version that was read, so that neither an object of the same name that was made since nor one that somebody else has changed
    /// takes what was said of another: 409.
    /// </summary>
    /// <remarks>
    /// <c>metadata.uid</c> would not do: a server passes over all metadata in a patch of the status of a custom resource but the
    /// resourceVersion
    /// (https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/registry/customresource/status_strategy.go).
    /// </remarks>
    /// <param name="before">As it was read from the API server.</param>
    /// <param name="after">The status that it shall have.</param>
    public static JsonObject Between<TSpec, TStatus>(Resource<TSpec, TStatus> before, TStatus after)
        where TStatus : ResourceStatus => new()
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = before.Metadata.ResourceVersion },
            ["status"] = Changes(Json(before.Status), Json(after)),
        };

    private static JsonObject Json<TStatus>(TStatus? status)
        where TStatus : ResourceStatus =>
        status is null ? [] : JsonSerializer.SerializeToNode(status, ApiJson.Options)!.AsObject();

    private static JsonObject Changes(JsonObject before, JsonObject after)
    {
        var changes = new JsonObject();
        foreach (var (name, value) in after)
        {
            var old = before[name];
            if (old is JsonObject oldObject && value is JsonObject newObject)
                AddUnlessEmpty(changes, name, Changes(oldObject, newObject));
            else if (!JsonNode.DeepEquals(old, value))
                changes[name] = value?.DeepClone();
        }

        foreach (var (name, _) in before.Where(member => !after.ContainsKey(member.Key)))
            changes[name] = null;
        return changes;
    }

    private static void AddUnlessEmpty(JsonObject changes, string name, JsonObject inner)
    {
        if (inner.Count > 0)
            changes[name] = inner;
    }
}
