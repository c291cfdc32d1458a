using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate;

namespace Operator.Status;

/// <summary>
/// Whether the pods of a gateway reach a database. Those that are not ready do not count: they come or go, and say so elsewhere.
/// </summary>
internal static class StoreConnection
{
    private const int MaxPods = 16;

    /// <param name="store">See <see cref="StoreStatus.Name"/>.</param>
    /// <param name="pods">All of the gateway.</param>
    public static Judgement Of(string store, ImmutableArray<PodReport> pods)
    {
        var ready = pods.Where(p => p.IsReady).ToList();
        var told = ready
            .Select(p => (p.Name, Store: p.Stores.FirstOrDefault(s => s.Name == store)))
            .Where(t => t.Store is not null)
            .ToList();
        if (ready.Count == 0)
            return new(ConditionStatus.Unknown, ConditionReasons.NoPods, "no pod is ready");
        if (told.Count == 0)
            return new(ConditionStatus.Unknown, ConditionReasons.Pending, $"no pod has told yet whether it reaches {store}");
        var cut = told.Where(t => t.Store!.State != StoreState.Connected).OrderBy(t => t.Name, StringComparer.Ordinal).ToList();
        if (cut.Count == 0)
            return new(ConditionStatus.True, ConditionReasons.Connected, "");
        var messages = cut.Take(MaxPods).Select(t => $"{t.Name} does not reach {store}: {t.Store!.Message}");
        return new(ConditionStatus.False, ConditionReasons.Unreachable, string.Join("; ", messages));
    }
}
