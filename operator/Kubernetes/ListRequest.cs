using System.Collections.Immutable;
using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>Which objects are listed or watched.</summary>
internal sealed record ListRequest
{
    /// <summary>Null: those of all namespaces.</summary>
    public string? Namespace { get; init; }

    /// <summary>As <c>kubectl -l</c> takes it; null: all.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>As <c>kubectl --field-selector</c> takes it; null: all.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>How many objects the server sends at a time; 0: all at once. Default 500.</summary>
    public int PageSize { get; init; } = 500;
}

/// <summary>Objects of a kind as they stood at one moment.</summary>
internal sealed record ObjectList<T>
    where T : KubernetesObject
{
    /// <summary>That moment: a watch goes on from here.</summary>
    public required string ResourceVersion { get; init; }

    /// <summary>The objects.</summary>
    public ImmutableArray<T> Items { get; init; } = [];

    /// <summary>Objects that are there, but make no sense to us.</summary>
    public ImmutableArray<UnreadableObject> Unreadable { get; init; } = [];

    /// <summary>Where the next page begins; null on the last.</summary>
    public string? Continue { get; init; }
}

/// <summary>An object that is no <c>T</c>: a schema that is older or newer than this program let it in. It hides no other.</summary>
/// <param name="Of">What can be read of it.</param>
/// <param name="Problem">What cannot, for people.</param>
internal sealed record UnreadableObject(PartialObjectMetadata Of, string Problem)
{
    public ObjectKey Key => ObjectKey.Of(Of);
}
