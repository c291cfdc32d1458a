using Operator.Api;
using Operator.Kubernetes;
using Operator.Watch;

namespace Operator.Reconcile;

/// <summary>Tells of objects that cannot be read where their users look: by an event on the object, once for each version.</summary>
internal sealed class UnreadableNews(ClusterView view, Action<EventText> tell)
{
    private HashSet<(string Uid, string? Version)> _told = [];

    /// <summary>Those that were not told yet.</summary>
    public void Tell()
    {
        var unreadable = view.Unreadable.ToList();
        foreach (var problem in unreadable.Where(u => !_told.Contains(VersionOf(u))))
        {
            tell(new()
            {
                Regarding = problem.Of,
                Type = EventType.Warning,
                Reason = EventReasons.Unreadable,
                Action = "Read",
                Note = $"this version cannot be read, and what was in force before stays: {problem.Problem}",
            });
        }

        _told = [.. unreadable.Select(VersionOf)];
    }

    private static (string Uid, string? Version) VersionOf(UnreadableObject problem) =>
        (problem.Of.Metadata.Uid, problem.Of.Metadata.ResourceVersion);
}
