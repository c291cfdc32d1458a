using System.Text.Json;

namespace Operator.Children;

/// <summary>One object as it is wanted: only the fields that the operator owns, ready for server-side apply.</summary>
internal sealed record Child
{
    /// <summary>Kind and name.</summary>
    public required ChildId Id { get; init; }

    /// <summary>The namespace of its gateway.</summary>
    public required string Namespace { get; init; }

    /// <summary>The whole object. May be secret.</summary>
    public required JsonElement Body { get; init; }

    /// <summary>Only the name: a record that is printed by accident gives nothing away.</summary>
    public override string ToString() => Id.ToString();
}
