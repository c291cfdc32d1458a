using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Gateway.Contract;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>What every object of the API server has.</summary>
internal abstract record KubernetesObject
{
    protected KubernetesObject(string apiVersion, string kind)
    {
        ApiVersion = apiVersion;
        Kind = kind;
    }

    /// <summary>Group and version.</summary>
    [JsonPropertyOrder(-3), Text(317)]
    public string ApiVersion { get; init; }

    /// <summary>The kind.</summary>
    [JsonPropertyOrder(-2), Text(63)]
    public string Kind { get; init; }

    /// <summary>Name, namespace, labels and what the server keeps about the object.</summary>
    [JsonPropertyOrder(-1)]
    public required ObjectMeta Metadata { get; init; }

    /// <summary><c>namespace/name</c>.</summary>
    public string Id() => $"{Metadata.Namespace}/{Metadata.Name}";

    /// <summary>As findings and the config snapshot name it.</summary>
    public ObjectReference Reference() => new()
    {
        Kind = Kind,
        Namespace = Metadata.Namespace,
        Name = Metadata.Name,
        Uid = Metadata.Uid,
        Generation = Metadata.Generation,
    };

    /// <summary>Whether <see cref="Reference"/> would say this.</summary>
    public bool Is(ObjectReference reference) =>
        reference.Generation == Metadata.Generation
        && reference.Uid == Metadata.Uid
        && reference.Name == Metadata.Name
        && reference.Namespace == Metadata.Namespace
        && reference.Kind == Kind;

    /// <summary>
    /// Whether all that users write is as in another version of the object: whatever is asked of it is the same, only its status, or who
    /// manages which field, may differ.
    /// </summary>
    public bool AsksTheSameAs(KubernetesObject other) =>
        ReferenceEquals(this, other)
        || ReferenceEquals(Metadata, other.Metadata)
        || (Metadata.Uid == other.Metadata.Uid
            && Metadata.Name == other.Metadata.Name
            && Metadata.Namespace == other.Metadata.Namespace
            && Metadata.Generation == other.Metadata.Generation
            && Metadata.DeletionTimestamp == other.Metadata.DeletionTimestamp
            && AreSame(Metadata.Labels, other.Metadata.Labels)
            && AreSame(Metadata.Annotations, other.Metadata.Annotations));

    /// <summary>
    /// The same, with the instances of a former version for all that has not changed since: thousands of objects are kept, and often both
    /// versions are.
    /// </summary>
    public virtual KubernetesObject SharingWith(KubernetesObject before) => this;

    /// <summary>What is asked of it, not what has become of it.</summary>
    public virtual KubernetesObject WithoutStatus() => this;

    private static bool AreSame(ImmutableSortedDictionary<string, string> one, ImmutableSortedDictionary<string, string> other) =>
        ReferenceEquals(one, other) || one.SequenceEqual(other);

    /// <summary>Whether <see cref="ResourceGroup.PausedAnnotation"/> is set.</summary>
    public bool IsPaused() =>
        Metadata.Annotations.TryGetValue(ResourceGroup.PausedAnnotation, out var value) && value == "true";
}

/// <summary>One of our kinds: a spec that users write, a status that the operator writes.</summary>
internal abstract record Resource<TSpec, TStatus> : KubernetesObject
    where TStatus : ResourceStatus
{
    protected Resource(string kind)
        : base(ResourceGroup.ApiVersion, kind)
    {
    }

    /// <summary>What is wanted.</summary>
    public required TSpec Spec { get; init; }

    /// <summary>What is.</summary>
    public TStatus? Status { get; init; }

    public override KubernetesObject SharingWith(KubernetesObject before) =>
        before is Resource<TSpec, TStatus> former && AsksTheSameAs(former)
            ? this with { Spec = former.Spec, Metadata = Metadata.SharingWith(former.Metadata) }
            : this;

    public override KubernetesObject WithoutStatus() => Status is null ? this : this with { Status = null };
}

/// <summary>What the status of each of our kinds has.</summary>
internal abstract record ResourceStatus
{
    /// <summary>The generation that this status speaks of.</summary>
    [Bounds(0, BoundsAttribute.MaxExact)]
    public long ObservedGeneration { get; init; }

    /// <summary>`Ready` is the summary; `Reconciling` and `Stalled` stand here only while true.</summary>
    [Items(16, Type = ListType.Map, Key = "type")]
    public ImmutableArray<Condition> Conditions { get; init; } = [];
}
