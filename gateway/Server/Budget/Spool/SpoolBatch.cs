using System.Collections.Immutable;

namespace Gateway.Server.Budget.Spool;

/// <summary>
/// Items on their way. Until it is delivered it is the same batch with the same session and number, also in the process after this one, if
/// it was brought to the volume.
/// </summary>
internal sealed record SpoolBatch<T>(string Session, long Number, ImmutableArray<T> Items)
{
    /// <summary>Where it ends on the volume; null: it is in memory alone.</summary>
    public SpoolMark? End { get; init; }
}
