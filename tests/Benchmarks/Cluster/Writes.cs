using Support.ControlPlane;

namespace Benchmarks.Cluster;

internal static class Writes
{
    /// <summary>How many of each verb and kind.</summary>
    public static string Told(IEnumerable<AuditedWrite> writes) => string.Join(", ", writes
        .GroupBy(w => $"{w.Verb} {w.Resource}{(w.Subresource.Length > 0 ? "/" : "")}{w.Subresource}")
        .Select(g => $"{g.Key}: {g.Count()}"));
}
