using System.Collections.Immutable;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Push;

namespace Operator.Reconcile;

/// <summary>What pods say that they have lost of the ledger, each loss told once.</summary>
internal sealed class LostRecords
{
    private ImmutableDictionary<string, long> _told = ImmutableDictionary<string, long>.Empty;

    /// <summary>An event for each pod that has lost more than was told. A pod that does not answer has said nothing new.</summary>
    public ImmutableArray<EventText> Take(LlmGateway gateway, ImmutableArray<PodState> pods)
    {
        var now = pods.ToImmutableDictionary(p => p.Pod.Name, p => p.Status?.LostRecords ?? _told.GetValueOrDefault(p.Pod.Name));
        var before = _told;
        _told = now;
        return
        [
            .. now.Where(p => p.Value > 0 && p.Value != before.GetValueOrDefault(p.Key))
                .OrderBy(p => p.Key, StringComparer.Ordinal)
                .Select(p => Lost(gateway, p.Key, p.Value)),
        ];
    }

    private static EventText Lost(LlmGateway gateway, string pod, long records) => new()
    {
        Regarding = gateway,
        Reason = EventReasons.LedgerRowsLost,
        Type = EventType.Warning,
        Action = "Count",
        Note = FormattableString.Invariant(
            $"pod {pod} has lost {records} records of the ledger since it started: the database took none, and its volume no more"),
    };
}
