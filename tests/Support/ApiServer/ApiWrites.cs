using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Support.ApiServer;

/// <summary>Create, replace, patch, apply and delete, with the server's rules on metadata, status and conflicts.</summary>
internal sealed class ApiWrites(ApiStore store, Func<DateTimeOffset> now)
{
    private static readonly string[] s_serversOwn =
        ["uid", "creationTimestamp", "generation", "resourceVersion", "managedFields", "deletionTimestamp"];

    public JsonObject Create(ApiKind kind, string ns, JsonObject body, string manager, bool dryRun)
    {
        var name = (string?)body["metadata"]?["name"] ?? throw ApiProblem.Bad("name is required");
        CheckNamespace(kind, ns);
        return Change(kind, ns, name, dryRun, before =>
        {
            if (before is not null)
                throw ApiProblem.Exists(kind, name);
            var after = Fresh(kind, ns, name, body);
            FieldOwners.Update(new() { ["metadata"] = new JsonObject() }, after, manager, "");
            return after;
        });
    }

    public JsonObject Replace(ApiKind kind, ApiPath path, JsonObject body, string manager, bool dryRun) =>
        Change(kind, path.Namespace, path.Name, dryRun, before =>
        {
            var live = before ?? throw ApiProblem.NotFound(kind, path.Name);
            return Update(kind, path, live, body, manager);
        });

    public JsonObject Patch(ApiKind kind, ApiPath path, JsonObject patch, string manager, bool dryRun) =>
        Change(kind, path.Namespace, path.Name, dryRun, before =>
        {
            var live = before ?? throw ApiProblem.NotFound(kind, path.Name);
            var wanted = (JsonObject)live.DeepClone();
            MergePatch.Apply(wanted, patch);
            return Update(kind, path, live, wanted, manager);
        });

    public JsonObject Apply(ApiKind kind, ApiPath path, JsonObject applied, string manager, (bool Force, bool DryRun) how)
    {
        if ((string?)applied["apiVersion"] != kind.ApiVersion || (string?)applied["kind"] != kind.Kind)
            throw ApiProblem.Bad("the body does not say the kind of the path");
        CheckNamespace(kind, path.Namespace);
        return Change(kind, path.Namespace, path.Name, how.DryRun, before =>
        {
            if (before is null && path.Subresource.Length > 0)
                throw ApiProblem.NotFound(kind, path.Name);
            var live = before ?? Fresh(kind, path.Namespace, path.Name, new() { ["apiVersion"] = kind.ApiVersion, ["kind"] = kind.Kind });
            CheckVersion(kind, path.Name, live, applied);
            var after = (JsonObject)live.DeepClone();
            var conflicts = FieldOwners.Apply(after, OnlyPart(kind, path, applied), manager, path.Subresource, how.Force);
            if (conflicts.Count > 0)
                throw ApiProblem.Conflict(kind, path.Name, $"conflicts with other managers: {string.Join(", ", conflicts)}");
            return Finish(kind, before is null ? after : live, after);
        });
    }

    public JsonObject Delete(ApiKind kind, ApiPath path, JsonObject? options)
    {
        if (kind.Plural == "namespaces")
            DeleteAllIn(path.Name);
        return Change(kind, path.Namespace, path.Name, dryRun: false, before =>
        {
            var live = before ?? throw ApiProblem.NotFound(kind, path.Name);
            foreach (var name in new[] { "uid", "resourceVersion" })
            {
                if ((string?)options?["preconditions"]?[name] is { } wanted && wanted != (string?)live["metadata"]![name])
                    throw ApiProblem.Conflict(kind, path.Name, $"Precondition failed: {name}");
            }

            if (live["metadata"]!["finalizers"] is not JsonArray { Count: > 0 })
                return null;
            live["metadata"]!["deletionTimestamp"] ??= Now();
            return live;
        });
    }

    /// <summary>Deletes what all the owners of which are gone, until there is nothing left to delete.</summary>
    public void CollectGarbage()
    {
        bool hasDeleted;
        do
        {
            var all = store.All();
            var uids = all.Select(o => (string?)o.Value["metadata"]!["uid"]).ToHashSet();
            var orphans = all.Where(o => o.Value["metadata"]!["ownerReferences"] is JsonArray { Count: > 0 } owners
                && owners.All(r => !uids.Contains((string?)r!["uid"]))).ToList();
            foreach (var (kind, value) in orphans)
                Delete(kind, PathOf(kind, value), options: null);
            hasDeleted = orphans.Count > 0;
        }
        while (hasDeleted);
    }

    private void DeleteAllIn(string ns)
    {
        foreach (var (kind, value) in store.All().Where(o => (string?)o.Value["metadata"]!["namespace"] == ns))
            Delete(kind, PathOf(kind, value), options: null);
    }

    private static JsonObject? Update(ApiKind kind, ApiPath path, JsonObject live, JsonObject wanted, string manager)
    {
        CheckVersion(kind, path.Name, live, wanted);
        CheckUid(kind, path, live, wanted);
        var after = (JsonObject)live.DeepClone();
        if (path.Subresource == "status")
        {
            after["status"] = wanted["status"]?.DeepClone();
        }
        else if (path.Subresource == "scale")
        {
            (after["spec"] as JsonObject)!["replicas"] = wanted["spec"]?["replicas"]?.DeepClone();
        }
        else
        {
            after = (JsonObject)wanted.DeepClone();
            var kept = (JsonObject)after["metadata"]!;
            foreach (var name in s_serversOwn)
                Keep(live["metadata"]!, kept, name);
            if (kind.HasStatus)
                Keep(live, after, "status");
            MoveText(kind, after);
        }

        if (Finish(kind, live, after) is not { } finished)
            return null;
        FieldOwners.Update(live, finished, manager, path.Subresource);
        return finished;
    }

    /// <summary>The generation, and the end of an object that waited for its finalizers.</summary>
    private static JsonObject? Finish(ApiKind kind, JsonObject live, JsonObject after)
    {
        var metadata = (JsonObject)after["metadata"]!;
        if (metadata["deletionTimestamp"] is not null && metadata["finalizers"] is not JsonArray { Count: > 0 })
            return null;
        if (kind.HasStatus && !JsonNode.DeepEquals(Core(live), Core(after)))
            metadata["generation"] = ((long?)metadata["generation"] ?? 0) + 1;
        return after;
    }

    private JsonObject Fresh(ApiKind kind, string ns, string name, JsonObject body)
    {
        var value = (JsonObject)body.DeepClone();
        (value["apiVersion"], value["kind"]) = (kind.ApiVersion, kind.Kind);
        if (value["metadata"] is not JsonObject metadata)
            value["metadata"] = metadata = [];
        metadata["name"] = name;
        if (kind.IsNamespaced)
            metadata["namespace"] = ns;
        else
            metadata.Remove("namespace");
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = Now();
        metadata.Remove("managedFields");
        metadata.Remove("generation");
        if (kind.HasStatus)
        {
            metadata["generation"] = 1L;
            value.Remove("status");
        }

        if (kind.Plural == "namespaces")
            Label(metadata, "kubernetes.io/metadata.name", name);
        MoveText(kind, value);
        return value;
    }

    /// <summary>A write to a subresource changes that part, and any other never does.</summary>
    private static JsonObject OnlyPart(ApiKind kind, ApiPath path, JsonObject applied)
    {
        var part = (JsonObject)applied.DeepClone();
        foreach (var name in part.Select(p => p.Key).ToList())
        {
            var isOther = path.Subresource.Length > 0
                ? name is not ("apiVersion" or "kind" or "status")
                : kind.HasStatus && name == "status";
            if (isOther)
                part.Remove(name);
        }

        MoveText(kind, part);
        return part;
    }

    private static void MoveText(ApiKind kind, JsonObject value)
    {
        if (kind.Plural != "secrets")
            return;
        foreach (var (name, text) in value["stringData"] as JsonObject ?? [])
            (value["data"] as JsonObject ?? (JsonObject)(value["data"] = new JsonObject()))[name] =
                Convert.ToBase64String(Encoding.UTF8.GetBytes((string)text!));
        value.Remove("stringData");
    }

    private void CheckNamespace(ApiKind kind, string ns)
    {
        if (!kind.IsNamespaced)
            return;
        var namespaces = ApiKind.All.First(k => k.Plural == "namespaces");
        if (store.Find(namespaces, "", ns) is null)
            throw ApiProblem.NotFound(namespaces, ns);
    }

    private static void CheckVersion(ApiKind kind, string name, JsonObject live, JsonObject wanted)
    {
        if ((string?)wanted["metadata"]?["resourceVersion"] is { } version && version != (string?)live["metadata"]!["resourceVersion"])
            throw ApiProblem.Conflict(kind, name, "the object has been modified; please apply your changes to the latest version");
    }

    /// <summary>Writes to the status of a custom resource pass over all metadata but the resourceVersion.</summary>
    private static void CheckUid(ApiKind kind, ApiPath path, JsonObject live, JsonObject wanted)
    {
        var isPassedOver = kind.IsCustom && path.Subresource == "status";
        if (!isPassedOver && (string?)wanted["metadata"]?["uid"] is { } uid && uid != (string?)live["metadata"]!["uid"])
            throw ApiProblem.Immutable(kind, path.Name, "metadata.uid");
    }

    private JsonObject Change(ApiKind kind, string ns, string name, bool dryRun, Func<JsonObject?, JsonObject?> change)
    {
        if (!dryRun)
            return store.Change(kind, kind.IsNamespaced ? ns : "", name, change) ?? throw ApiProblem.NotFound(kind, name);
        return change(store.Find(kind, kind.IsNamespaced ? ns : "", name)) ?? throw ApiProblem.NotFound(kind, name);
    }

    private static void Keep(JsonNode live, JsonObject after, string name)
    {
        if (live[name] is { } kept)
            after[name] = kept.DeepClone();
        else
            after.Remove(name);
    }

    /// <summary>All but what does not raise the generation.</summary>
    private static JsonObject Core(JsonObject value)
    {
        var core = (JsonObject)value.DeepClone();
        core.Remove("metadata");
        core.Remove("status");
        return core;
    }

    private static void Label(JsonObject metadata, string name, string value)
    {
        if (metadata["labels"] is not JsonObject labels)
            metadata["labels"] = labels = [];
        labels[name] = value;
    }

    private static ApiPath PathOf(ApiKind kind, JsonObject value) =>
        new(kind.ApiVersion, (string?)value["metadata"]!["namespace"] ?? "", kind.Plural, (string)value["metadata"]!["name"]!, "");

    private string Now() => now().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
