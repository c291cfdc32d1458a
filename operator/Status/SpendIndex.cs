using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Status;

/// <summary>Budgets and their counters, found by budget and by key: there are thousands of each.</summary>
internal sealed class SpendIndex
{
    /// <summary>A status is no place for long lists.</summary>
    private const int MaxBudgetsOfKey = 16;

    private readonly ImmutableArray<BudgetConfig> _configs;
    private readonly ImmutableArray<BudgetCounter> _all;
    private readonly Dictionary<string, BudgetConfig> _budgets;
    private readonly ILookup<string, BudgetCounter> _counters;
    private readonly Lazy<ILookup<string, Held>> _byKey;

    public SpendIndex(ImmutableArray<BudgetConfig> budgets, ImmutableArray<BudgetCounter> counters)
    {
        (_configs, _all) = (budgets, counters);
        _budgets = budgets.ToDictionary(b => b.Object.Id(), StringComparer.Ordinal);
        _counters = counters.ToLookup(c => c.Budget, StringComparer.Ordinal);
        _byKey = new(ByKey);
    }

    /// <summary>Whether an index of these would say the same. A budget that has not changed is the same instance in the next config.</summary>
    public bool IsOf(ImmutableArray<BudgetConfig> budgets, ImmutableArray<BudgetCounter> counters)
    {
        if (budgets.Length != _configs.Length || !counters.AsSpan().SequenceEqual(_all.AsSpan()))
            return false;
        for (var i = 0; i < budgets.Length; i++)
        {
            if (!ReferenceEquals(budgets[i], _configs[i]))
                return false;
        }

        return true;
    }

    /// <summary>As the config has it; null where it has not.</summary>
    public BudgetConfig? Find(Budget budget) => _budgets.GetValueOrDefault(budget.Id());

    /// <summary>As the gateway counts.</summary>
    public ImmutableArray<BudgetCounter> CountersOf(Budget budget) => [.. _counters[budget.Id()]];

    /// <summary>The budgets that hold a key which the config has, and whether each refuses it now.</summary>
    public ImmutableArray<KeyBudgetStatus> BudgetsOf(VirtualKey key)
    {
        var id = key.Id();
        return
        [
            .. _byKey.Value[id].Concat(_byKey.Value[""])
                .OrderBy(h => h.Place)
                .Take(MaxBudgetsOfKey)
                .Select(h => h.Exceeded.Contains(id) || h.Exceeded.Contains("") ? h.Refusing : h.Free),
        ];
    }

    /// <summary>By the id of the key; under the empty one those that hold all.</summary>
    private ILookup<string, Held> ByKey() => _configs
        .SelectMany((budget, place) =>
        {
            var held = new Held(place, Exceeded(budget), Of(budget, exceeded: false), Of(budget, exceeded: true));
            return (budget.Keys ?? [""]).Select(key => (Key: key, Held: held));
        })
        .ToLookup(h => h.Key, h => h.Held, StringComparer.Ordinal);

    private static KeyBudgetStatus Of(BudgetConfig budget, bool exceeded) =>
        new() { Namespace = budget.Object.Namespace, Name = budget.Object.Name, Exceeded = exceeded };

    /// <summary>Ids of the keys that it refuses; the empty one stands for all.</summary>
    private HashSet<string> Exceeded(BudgetConfig budget) => budget.Blocks()
        ? _counters[budget.Object.Id()].Where(c => c.Settled >= c.Limit).Select(c => c.Key ?? "").ToHashSet(StringComparer.Ordinal)
        : [];

    /// <summary>What a budget is to the keys that it selects.</summary>
    private sealed record Held(int Place, HashSet<string> Exceeded, KeyBudgetStatus Free, KeyBudgetStatus Refusing);
}
