using System.Collections.Immutable;
using Operator.Api;
using Operator.Kubernetes;

namespace Operator.Watch;

/// <summary>The objects of a kind in memory: one immutable snapshot, replaced at each change. For many readers and a few writers.</summary>
internal sealed class ObjectStore<T>
    where T : KubernetesObject
{
    private readonly Lock _lock = new();
    private volatile ObjectSnapshot<T> _snapshot = ObjectSnapshot<T>.Empty;

    /// <summary>As of now.</summary>
    public ObjectSnapshot<T> Snapshot => _snapshot;

    /// <summary>The object is there. Null where this version is known already, or an older one.</summary>
    public ObjectChange<T>? Set(T value)
    {
        lock (_lock)
        {
            var key = ObjectKey.Of(value);
            var before = _snapshot.Find(key);
            if (before is not null && IsKnown(before, value))
                return null;
            if (before is not null)
                value = (T)value.SharingWith(before);
            _snapshot = new() { Objects = _snapshot.Objects.SetItem(key, value), Unreadable = _snapshot.Unreadable.Remove(key) };
            return new(key, before, value);
        }
    }

    /// <summary>The answer to a write: takes it at once, if the object is there still and in an older version.</summary>
    public ObjectChange<T>? SetWritten(T value)
    {
        lock (_lock)
            return _snapshot.Find(ObjectKey.Of(value))?.Metadata.Uid == value.Metadata.Uid ? Set(value) : null;
    }

    /// <summary>The object is gone. Null where it was not known.</summary>
    public ObjectChange<T>? Remove(ObjectKey key)
    {
        lock (_lock)
        {
            var before = _snapshot.Find(key);
            _snapshot = new() { Objects = _snapshot.Objects.Remove(key), Unreadable = _snapshot.Unreadable.Remove(key) };
            return before is null ? null : new(key, before, null);
        }
    }

    /// <summary>The object is there, but cannot be read: its last version that could be read stays.</summary>
    public ObjectChange<T> SetUnreadable(UnreadableObject problem)
    {
        lock (_lock)
        {
            _snapshot = _snapshot with { Unreadable = _snapshot.Unreadable.SetItem(problem.Key, problem) };
            var kept = _snapshot.Find(problem.Key);
            return new(problem.Key, kept, kept);
        }
    }

    /// <summary>
    /// Puts a list in the place of all that is known of a namespace (null: of all), and tells what that has changed: deletions too, which
    /// no watch has told. The list is the truth even where it is older than what is known: the server may have gone back to a backup.
    /// </summary>
    public ImmutableArray<ObjectChange<T>> Replace(string? @namespace, ObjectList<T> list)
    {
        lock (_lock)
        {
            var changes = ImmutableArray.CreateBuilder<ObjectChange<T>>();
            var objects = _snapshot.Objects.ToBuilder();
            var unreadable = list.Unreadable.ToImmutableDictionary(u => u.Key);
            var listed = list.Items.Select(ObjectKey.Of).Concat(unreadable.Keys).ToHashSet();
            foreach (var (key, gone) in _snapshot.Objects.Where(o => IsIn(o.Key, @namespace) && !listed.Contains(o.Key)))
            {
                objects.Remove(key);
                changes.Add(new(key, gone, null));
            }

            foreach (var value in list.Items)
            {
                var key = ObjectKey.Of(value);
                var before = _snapshot.Find(key);
                objects[key] = value;
                if (before is null || !IsSame(before, value))
                    changes.Add(new(key, before, value));
            }

            var others = _snapshot.Unreadable.Where(u => !IsIn(u.Key, @namespace));
            _snapshot = new() { Objects = objects.ToImmutable(), Unreadable = unreadable.AddRange(others) };
            changes.AddRange(unreadable.Keys.Select(k => new ObjectChange<T>(k, _snapshot.Find(k), _snapshot.Find(k))));
            return changes.DrainToImmutable();
        }
    }

    private static bool IsIn(ObjectKey key, string? @namespace) => @namespace is null || key.Namespace == @namespace;

    private static bool IsSame(T before, T value) =>
        before.Metadata.Uid == value.Metadata.Uid && before.Metadata.ResourceVersion == value.Metadata.ResourceVersion;

    private static bool IsKnown(T before, T value) =>
        IsSame(before, value)
        || (before.Metadata.Uid == value.Metadata.Uid
            && ResourceVersions.IsOlder(value.Metadata.ResourceVersion, before.Metadata.ResourceVersion));
}
