using System.Collections.Immutable;
using Operator.Api.Schema;

namespace Operator.Children;

/// <summary>What there shall be for one gateway.</summary>
internal sealed record DesiredChildren
{
    /// <summary>To be applied, in this order.</summary>
    public required ImmutableArray<Child> Objects { get; init; }

    /// <summary>Written by the push, and kept: the durable copy of the config.</summary>
    public required ImmutableArray<ChildId> Kept { get; init; }

    /// <summary>What the gateway asks for and the cluster cannot give.</summary>
    public required ImmutableArray<FieldProblem> Problems { get; init; }
}
