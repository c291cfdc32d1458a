using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Push;
using Operator.Status;

namespace Operator.Reconcile;

/// <summary>From what the push knows of a pod to what the status says of it.</summary>
internal static class PodReports
{
    public static PodReport Of(PodState pod, StampedConfig? config)
    {
        var serves = config is not null && pod.Serves(config);
        return new()
        {
            Name = pod.Pod.Name,
            IsReady = pod.Pod.IsReady ?? (pod.IsReachable && (pod.Status?.Ready ?? false)),
            Revision = !serves && pod.AcknowledgedRevision == config?.Revision ? 0 : pod.AcknowledgedRevision,
            AcknowledgedTime = pod.AcknowledgedTime,
            Stores = pod.Status?.Stores ?? [],
            HasRefused = !serves && pod.Outcome is PushOutcome.Rejected,
            Problem = serves ? "" : Problem(pod.Outcome),
        };
    }

    /// <summary>The counters of all pods together: of those that count together, the one that has seen most.</summary>
    public static ImmutableArray<BudgetCounter> Counters(ImmutableArray<PodState> pods) =>
    [
        .. pods.Select(p => p.Status).OfType<ConfigStatus>()
            .SelectMany(s => s.Budgets.Where(c => !s.UnreadBudgets.Contains(c.Budget)).Select(c => (Counter: c, s.Tier)))
            .GroupBy(c => (c.Counter.Budget, c.Counter.Key, c.Counter.PeriodStart))
            .Select(same =>
            {
                var own = same.Where(c => c.Tier == SpendTier.Embedded).Select(c => c.Counter);
                var shared = same.Where(c => c.Tier != SpendTier.Embedded).Select(c => c.Counter).OrderByDescending(c => c.Settled).Take(1);
                return Sum([.. shared, .. own]);
            }),
    ];

    /// <summary>Budgets of which none of the pods knows yet what others have spent.</summary>
    public static ImmutableHashSet<string> Unread(ImmutableArray<PodState> pods)
    {
        var told = pods.Select(p => p.Status).OfType<ConfigStatus>()
            .Select(s => s.UnreadBudgets.ToImmutableHashSet(StringComparer.Ordinal)).ToList();
        return told.Count == 0 ? [] : told.Aggregate((a, b) => a.Intersect(b));
    }

    private static BudgetCounter Sum(ImmutableArray<BudgetCounter> counters) => counters[0] with
    {
        Settled = counters.Sum(c => c.Settled),
        Reserved = counters.Sum(c => c.Reserved),
        Overshoot = counters.Sum(c => c.Overshoot),
    };

    /// <summary>What an outcome means, in a sentence; empty where all is well.</summary>
    public static string Problem(PushOutcome? outcome) => outcome switch
    {
        null => "has not been asked yet",
        PushOutcome.Acknowledged => "",
        PushOutcome.Older o => FormattableString.Invariant($"holds revision {o.Revision}"),
        PushOutcome.OtherGateway o => $"serves another LlmGateway, with the uid {o.Uid}",
        PushOutcome.Rejected r => string.Join("; ", r.Errors.Select(e => $"{e.Kind} {e.Namespace}/{e.Name} {e.Field}: {e.Message}")),
        PushOutcome.UnknownSchema u => $"does not speak this schema: {u.Message}",
        PushOutcome.Malformed m => m.Message,
        PushOutcome.Unauthorized => "refuses the admin token",
        PushOutcome.Unreachable u => $"cannot be reached: {u.Reason}",
        _ => outcome.ToString(),
    };
}
