using System.Collections.Immutable;
using Support.ControlPlane;

namespace Benchmarks.Cluster;

/// <summary>An operator that has come to rest.</summary>
/// <param name="AtRest">When it had nothing to do for the first time, and all pods its config.</param>
/// <param name="Writes">What it wrote until then and a little later, but for its lease.</param>
internal sealed record Steady(DateTimeOffset AtRest, ImmutableArray<AuditedWrite> Writes)
{
    /// <summary>The later one of rest and the last write.</summary>
    public DateTimeOffset Since => Writes is [.., { Time: var last }] && last > AtRest ? last : AtRest;
}
