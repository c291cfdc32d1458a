using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Status;

/// <summary>Budgets and their counters, found by budget and by key: there are thousands of each.</summary>
internal sealed class SpendIndex
{
    /// <summary>A status is no place for long lists.</summary>
    private const int MaxBudgetsOfKey = 16;

    private readonly Dictionary<string, BudgetConfig> _budgets;
    private readonly ILookup<string, BudgetCounter> _counters;
    private readonly Lazy<Dictionary<string, ImmutableArray<KeyBudgetStatus>>> _byKey;

    public SpendIndex(ConfigSnapshot? config, ImmutableArray<BudgetCounter> counters)
    {
        _budgets = (config?.Budgets ?? []).ToDictionary(b => b.Object.Id(), StringComparer.Ordinal);
        _counters = counters.ToLookup(c => c.Budget, StringComparer.Ordinal);
        _byKey = new(() => ByKey(config));
    }

    /// <summary>As the config has it; null where it has not.</summary>
    public BudgetConfig? Find(Budget budget) => _budgets.GetValueOrDefault(budget.Id());

    /// <summary>As the gateway counts.</summary>
    public ImmutableArray<BudgetCounter> CountersOf(Budget budget) => [.. _counters[budget.Id()]];

    /// <summary>The budgets that hold a key, and whether each refuses it now.</summary>
    public ImmutableArray<KeyBudgetStatus> BudgetsOf(VirtualKey key) =>
        _byKey.Value.GetValueOrDefault(key.Id(), []);

    private Dictionary<string, ImmutableArray<KeyBudgetStatus>> ByKey(ConfigSnapshot? config)
    {
        var keys = config?.Keys ?? [];
        var byKey = new Dictionary<string, ImmutableArray<KeyBudgetStatus>>(keys.Length, StringComparer.Ordinal);
        foreach (var key in keys)
            byKey.Add(key.Object.Id(), []);
        foreach (var budget in config?.Budgets ?? [])
        {
            var exceeded = Exceeded(budget);
            var (free, refusing) = (Of(budget, exceeded: false), Of(budget, exceeded: true));
            foreach (var key in budget.Keys ?? (IEnumerable<string>)byKey.Keys.ToList())
            {
                if (byKey.TryGetValue(key, out var known) && known.Length < MaxBudgetsOfKey)
                    byKey[key] = known.Add(exceeded.Contains(key) || exceeded.Contains("") ? refusing : free);
            }
        }

        return byKey;
    }

    private static KeyBudgetStatus Of(BudgetConfig budget, bool exceeded) =>
        new() { Namespace = budget.Object.Namespace, Name = budget.Object.Name, Exceeded = exceeded };

    /// <summary>Ids of the keys that it refuses; the empty one stands for all.</summary>
    private HashSet<string> Exceeded(BudgetConfig budget) => budget.Blocks()
        ? _counters[budget.Object.Id()].Where(c => c.Settled >= c.Limit).Select(c => c.Key ?? "").ToHashSet(StringComparer.Ordinal)
        : [];
}
