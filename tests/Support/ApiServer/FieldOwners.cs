using System.Text.Json.Nodes;

namespace Support.ApiServer;

/// <summary>
/// Server-side apply, as far as it is needed: maps are merged, lists and scalars are owned as a whole. Who owns what stands in
/// <c>metadata.managedFields</c>. https://kubernetes.io/docs/reference/using-api/server-side-apply/
/// </summary>
internal static class FieldOwners
{
    private const char Separator = '\u001f';

    private static readonly string[] s_unowned =
    [
        "apiVersion", "kind", Join("metadata", "name"), Join("metadata", "namespace"), Join("metadata", "uid"),
        Join("metadata", "resourceVersion"), Join("metadata", "generation"), Join("metadata", "creationTimestamp"),
        Join("metadata", "managedFields"), Join("metadata", "deletionTimestamp"),
    ];

    /// <summary>Merges what is applied into the object and moves ownership. Gives the fields that another owns, unless forced.</summary>
    public static List<string> Apply(JsonObject live, JsonObject applied, string manager, string subresource, bool force)
    {
        var wanted = Leaves(applied);
        var others = Entries(live).Where(e => !IsOf(e, manager, "Apply", subresource)).ToList();
        var taken = wanted.Where(p => others.Any(o => PathsOf(o).Contains(p)) && !Same(Find(live, p), Find(applied, p))).ToList();
        if (taken.Count > 0 && !force)
            return [.. taken.Select(p => "." + p.Replace(Separator, '.'))];

        var mine = Entries(live).FirstOrDefault(e => IsOf(e, manager, "Apply", subresource));
        foreach (var path in mine is null ? [] : PathsOf(mine).Except(wanted))
        {
            if (!others.Any(o => PathsOf(o).Any(p => p == path || p.StartsWith(path + Separator, StringComparison.Ordinal))))
                Remove(live, path);
        }

        foreach (var path in wanted)
            Set(live, path, Find(applied, path)?.DeepClone());
        Write(live, manager, "Apply", subresource, wanted, taken);
        return [];
    }

    /// <summary>What has changed by another write belongs to who changed it.</summary>
    public static void Update(JsonObject before, JsonObject after, string manager, string subresource)
    {
        var (old, now) = (Leaves(before), Leaves(after));
        var changed = now.Where(p => !old.Contains(p) || !Same(Find(before, p), Find(after, p))).ToHashSet();
        if (changed.Count == 0)
            return;
        var mine = Entries(after).FirstOrDefault(e => IsOf(e, manager, "Update", subresource));
        Write(
            after, manager, "Update", subresource, [.. mine is null ? changed : changed.Union(PathsOf(mine).Where(now.Contains))], changed);
    }

    private static void Write(
        JsonObject live, string manager, string operation, string subresource, HashSet<string> paths, IEnumerable<string> taken)
    {
        var entries = new JsonArray();
        var isNew = true;
        foreach (var entry in Entries(live))
        {
            var isMine = IsOf(entry, manager, operation, subresource);
            isNew &= !isMine;
            var left = isMine ? paths : PathsOf(entry).Except(taken).ToHashSet();
            if (left.Count > 0)
                entries.Add(Entry((string)entry["manager"]!, (string)entry["operation"]!, (string?)entry["subresource"] ?? "", live, left));
        }

        if (isNew)
            entries.Add(Entry(manager, operation, subresource, live, paths));
        ((JsonObject)live["metadata"]!)["managedFields"] = entries;
    }

    private static JsonObject Entry(string manager, string operation, string subresource, JsonObject live, HashSet<string> paths)
    {
        var fields = new JsonObject();
        foreach (var path in paths.Order(StringComparer.Ordinal))
        {
            var at = fields;
            foreach (var name in path.Split(Separator))
            {
                if (at[$"f:{name}"] is not JsonObject inner)
                    at[$"f:{name}"] = inner = [];
                at = inner;
            }
        }

        var entry = new JsonObject
        {
            ["manager"] = manager,
            ["operation"] = operation,
            ["apiVersion"] = live["apiVersion"]?.DeepClone(),
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = fields,
        };
        if (subresource.Length > 0)
            entry["subresource"] = subresource;
        return entry;
    }

    private static IEnumerable<JsonObject> Entries(JsonObject live) =>
        (live["metadata"]?["managedFields"] as JsonArray ?? []).OfType<JsonObject>();

    private static bool IsOf(JsonObject entry, string manager, string operation, string subresource) =>
        (string?)entry["manager"] == manager && (string?)entry["operation"] == operation
            && ((string?)entry["subresource"] ?? "") == subresource;

    private static HashSet<string> PathsOf(JsonObject entry)
    {
        var paths = new HashSet<string>();
        Collect((JsonObject)entry["fieldsV1"]!, "", name => name[2..], paths);
        return paths;
    }

    private static HashSet<string> Leaves(JsonObject value)
    {
        var paths = new HashSet<string>();
        Collect(value, "", name => name, paths);
        paths.ExceptWith(s_unowned);
        paths.RemoveWhere(p => p.StartsWith(Join("metadata", "managedFields"), StringComparison.Ordinal));
        return paths;
    }

    private static void Collect(JsonObject value, string prefix, Func<string, string> nameOf, HashSet<string> paths)
    {
        if (value.Count == 0 && prefix.Length > 0)
            paths.Add(prefix);
        foreach (var (name, inner) in value)
        {
            var path = prefix.Length == 0 ? nameOf(name) : Join(prefix, nameOf(name));
            if (inner is JsonObject map)
                Collect(map, path, nameOf, paths);
            else
                paths.Add(path);
        }
    }

    private static JsonNode? Find(JsonObject value, string path) =>
        path.Split(Separator).Aggregate((JsonNode?)value, (at, name) => (at as JsonObject)?[name]);

    private static void Set(JsonObject value, string path, JsonNode? to)
    {
        var names = path.Split(Separator);
        foreach (var name in names[..^1])
        {
            if (value[name] is not JsonObject inner)
                value[name] = inner = [];
            value = inner;
        }

        // An empty map is owned, but does not empty what others have put there.
        if (to is not JsonObject { Count: 0 } || value[names[^1]] is null)
            value[names[^1]] = to;
    }

    private static void Remove(JsonObject value, string path)
    {
        var names = path.Split(Separator);
        if (names.Length > 1 && Find(value, string.Join(Separator, names[..^1])) is JsonObject parent)
        {
            parent.Remove(names[^1]);
            if (parent.Count == 0)
                Remove(value, string.Join(Separator, names[..^1]));
        }
        else
        {
            value.Remove(path);
        }
    }

    private static bool Same(JsonNode? left, JsonNode? right) => JsonNode.DeepEquals(left, right);

    private static string Join(params string[] names) => string.Join(Separator, names);
}
