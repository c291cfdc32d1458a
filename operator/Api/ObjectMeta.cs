using System.Collections.Immutable;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>
/// The part of an object's metadata that is read or written here.
/// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
/// </summary>
[IgnoredMembers("generateName", "selfLink", "managedFields", "deletionGracePeriodSeconds")]
internal sealed record ObjectMeta
{
    /// <summary>Unique in its namespace among objects of its kind.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public required string Name { get; init; }

    /// <summary>The namespace; `default` where a manifest names none, empty for kinds that have none.</summary>
    [Text(63, MinLength = 0)]
    public string Namespace { get; init; } = "";

    /// <summary>Given by the server, never used again.</summary>
    [Text(64, MinLength = 0)]
    public string Uid { get; init; } = "";

    /// <summary>The server's version of the object, opaque.</summary>
    [Text(64)]
    public string? ResourceVersion { get; init; }

    /// <summary>Rises with every change of the spec.</summary>
    [Bounds(0, BoundsAttribute.MaxExact)]
    public long Generation { get; init; }

    /// <summary>When the object was made.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Set from the moment on at which its deletion was asked for.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    /// <summary>What selectors select by.</summary>
    [Entries(128, KeyMaxLength = 317, KeyPattern = Patterns.QualifiedName, KeyMeans = Patterns.QualifiedNameMeans)]
    [Text(63, MinLength = 0, Pattern = Patterns.LabelValue, Means = Patterns.LabelValueMeans)]
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Free text beside the spec.</summary>
    [Entries(256, KeyMaxLength = 317, KeyPattern = Patterns.QualifiedName, KeyMeans = Patterns.QualifiedNameMeans)]
    [Text(262_144, MinLength = 0)]
    public ImmutableSortedDictionary<string, string> Annotations { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Who owns the object; it is collected with its last owner.</summary>
    [Items(32)]
    public ImmutableArray<OwnerReference> OwnerReferences { get; init; } = [];

    /// <summary>What must happen before the object is gone. Ours have none.</summary>
    [Items(32), Text(317)]
    public ImmutableArray<string> Finalizers { get; init; } = [];

    /// <summary>With the instances of a former version of the same object, which users have not changed since.</summary>
    public ObjectMeta SharingWith(ObjectMeta former) => this with
    {
        Name = former.Name,
        Namespace = former.Namespace,
        Uid = former.Uid,
        Labels = former.Labels,
        Annotations = former.Annotations,
    };
}

/// <summary>One owner of an object.</summary>
internal sealed record OwnerReference
{
    /// <summary>Group and version of the owner.</summary>
    [Text(317)]
    public required string ApiVersion { get; init; }

    /// <summary>Kind of the owner.</summary>
    [Text(63)]
    public required string Kind { get; init; }

    /// <summary>Name of the owner.</summary>
    [Text(253)]
    public required string Name { get; init; }

    /// <summary>Uid of the owner.</summary>
    [Text(64)]
    public required string Uid { get; init; }

    /// <summary>The one owner that manages the object.</summary>
    public bool? Controller { get; init; }

    /// <summary>The owner waits in foreground deletion until this object is gone.</summary>
    public bool? BlockOwnerDeletion { get; init; }
}
