using System.Collections.Immutable;
using Operator.Api;
using Operator.Kubernetes;

namespace Operator.Watch;

/// <summary>All objects of a kind as they were known at one moment.</summary>
internal sealed record ObjectSnapshot<T>
    where T : KubernetesObject
{
    public static ObjectSnapshot<T> Empty { get; } = new();

    /// <summary>The objects, each in its newest version that could be read.</summary>
    public ImmutableDictionary<ObjectKey, T> Objects { get; init; } = ImmutableDictionary<ObjectKey, T>.Empty;

    /// <summary>Objects whose newest version cannot be read.</summary>
    public ImmutableDictionary<ObjectKey, UnreadableObject> Unreadable { get; init; } =
        ImmutableDictionary<ObjectKey, UnreadableObject>.Empty;

    /// <summary>Null where there is none that can be read.</summary>
    public T? Find(ObjectKey key) => Objects.GetValueOrDefault(key);
}
