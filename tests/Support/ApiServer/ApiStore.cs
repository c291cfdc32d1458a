using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Support.ApiServer;

/// <summary>What the server holds, and every change since the last compaction. Objects go in and come out as copies.</summary>
internal sealed class ApiStore
{
    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<string, JsonObject> _objects =
        ImmutableSortedDictionary.Create<string, JsonObject>(StringComparer.Ordinal);
    private ImmutableList<LogEntry> _log = [];
    private long _version = 100;
    private long _compacted = 100;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Of the newest change.</summary>
    public long Version
    {
        get
        {
            lock (_lock)
                return _version;
        }
    }

    /// <summary>Everything, to come back to.</summary>
    public Backup Save()
    {
        lock (_lock)
            return new(_objects, _version);
    }

    /// <summary>As a server does whose etcd was restored: what came after the backup never happened.</summary>
    public void Restore(Backup backup)
    {
        lock (_lock)
        {
            (_objects, _version, _compacted, _log) = (backup.Objects, backup.Version, backup.Version, []);
            Signal();
        }
    }

    /// <summary>Watches and pages from before are gone.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _version++;
            (_compacted, _log) = (_version, []);
            Signal();
        }
    }

    /// <summary>Ends when anything happens after now.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
                return _changed.Task;
        }
    }

    public void Wake()
    {
        lock (_lock)
            Signal();
    }

    public JsonObject? Find(ApiKind kind, string ns, string name)
    {
        lock (_lock)
            return Copy(_objects.GetValueOrDefault(Key(kind, ns, name)));
    }

    public (long Version, List<JsonObject> Items) List(ApiKind kind, string ns)
    {
        lock (_lock)
        {
            var prefix = ns.Length == 0 ? $"{kind.ApiVersion}|{kind.Plural}|" : Key(kind, ns, "");
            return (_version, [.. _objects.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(o => Copy(o.Value)!)]);
        }
    }

    /// <summary>All objects of all kinds.</summary>
    public List<(ApiKind Kind, JsonObject Value)> All()
    {
        lock (_lock)
            return [.. _objects.Values.Select(o => (KindOf(o), Copy(o)!))];
    }

    /// <summary>Changes after a version; null where they are forgotten.</summary>
    public (long Version, ImmutableList<LogEntry> Entries)? Since(ApiKind kind, string ns, long version)
    {
        lock (_lock)
        {
            if (version < _compacted)
                return null;
            var entries = _log.Where(e => e.Version > version && e.Kind == kind && (ns.Length == 0 || NamespaceOf(e.Object) == ns));
            return (_version, [.. entries]);
        }
    }

    public bool IsKnown(long version)
    {
        lock (_lock)
            return version >= _compacted;
    }

    /// <summary>Changes one object under the lock: gets it or null, gives what it becomes, or null to delete it.</summary>
    public JsonObject? Change(ApiKind kind, string ns, string name, Func<JsonObject?, JsonObject?> change)
    {
        lock (_lock)
        {
            var key = Key(kind, ns, name);
            var before = _objects.GetValueOrDefault(key);
            var after = change(Copy(before));
            if (after is null && before is null)
                return null;
            if (after is not null && before is not null && JsonNode.DeepEquals(after, before))
                return after;
            return Write(kind, key, before, after);
        }
    }

    private JsonObject Write(ApiKind kind, string key, JsonObject? before, JsonObject? after)
    {
        _version++;
        var kept = after ?? Copy(before)!;
        kept["metadata"]!["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture);
        _objects = after is null ? _objects.Remove(key) : _objects.SetItem(key, kept);
        _log = _log.Add(new(_version, kind, after is null ? "DELETED" : before is null ? "ADDED" : "MODIFIED", kept, before));
        Signal();
        return Copy(kept)!;
    }

    private void Signal()
    {
        _changed.TrySetResult();
        _changed = NewSignal();
    }

    private static ApiKind KindOf(JsonObject value) =>
        ApiKind.All.First(k => k.ApiVersion == (string?)value["apiVersion"] && k.Kind == (string?)value["kind"]);

    private static string NamespaceOf(JsonObject value) => (string?)value["metadata"]?["namespace"] ?? "";

    private static string Key(ApiKind kind, string ns, string name) => $"{kind.ApiVersion}|{kind.Plural}|{ns}|{name}";

    private static JsonObject? Copy(JsonObject? value) => (JsonObject?)value?.DeepClone();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public sealed record LogEntry(long Version, ApiKind Kind, string Type, JsonObject Object, JsonObject? Before);

    public sealed record Backup(ImmutableSortedDictionary<string, JsonObject> Objects, long Version);
}
