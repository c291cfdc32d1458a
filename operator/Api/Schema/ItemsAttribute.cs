namespace Operator.Api.Schema;

/// <summary>Bounds of a list. Schema: <c>maxItems</c>, <c>minItems</c>, <c>x-kubernetes-list-type</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ItemsAttribute(int max) : Attribute
{
    /// <summary>Most items.</summary>
    public int Max { get; } = max;

    /// <summary>Fewest items, where the list is there; default 0.</summary>
    public int Min { get; init; }

    /// <summary>How server-side apply merges it, and what counts as a duplicate.</summary>
    public ListType Type { get; init; } = ListType.Atomic;

    /// <summary>JSON name of the member that is the key of a <see cref="ListType.Map"/>.</summary>
    public string Key { get; init; } = "name";
}

/// <summary>https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy</summary>
internal enum ListType
{
    /// <summary>One value, replaced as a whole.</summary>
    Atomic,

    /// <summary>No item stands twice.</summary>
    Set,

    /// <summary>Items are known by a key, which does not stand twice.</summary>
    Map,
}
