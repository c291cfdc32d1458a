using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>
/// Budgets: which keys each selects. A Budget in the gateway's namespace reaches keys everywhere, another only those beside it.
/// </summary>
internal sealed class BudgetTranslation(Admission admission, FindingLog log)
{
    private static readonly ConditionalWeakTable<BudgetSpec, BudgetConfig> s_known = [];

    /// <summary>Budgets that the gateway takes.</summary>
    /// <param name="chosen">All of them.</param>
    /// <param name="keys">The keys that name the gateway, with the labels that they have now.</param>
    /// <param name="carried">Ids of those that the gateway takes: only they are selected.</param>
    /// <param name="priced">The routes, with the currencies of their prices.</param>
    public ImmutableArray<BudgetConfig> Translate(
        ImmutableArray<Chosen<Budget>> chosen, ImmutableArray<VirtualKey> keys, HashSet<string> carried, ImmutableArray<PricedModel> priced)
    {
        var known = new KnownKeys(keys, carried);
        var currencies = priced.Select(p => p.Currency).ToHashSet(StringComparer.Ordinal);
        var budgets = ImmutableArray.CreateBuilder<BudgetConfig>();
        foreach (var budget in chosen.Select(c => c.InForce).OfType<Budget>())
        {
            if (!admission.Admits(budget, log) || !MayReach(budget))
                continue;
            if (budget.Spec.Limit.Cost is { Currency: var currency } && currencies.Any(c => c != currency))
                WarnOfCurrency(budget, currency, priced);
            budgets.Add(TranslateOnce(budget, Select(budget, known)));
        }

        budgets.Sort((a, b) => ConfigOrder.Compare(a.Object, b.Object));
        return budgets.ToImmutable();
    }

    private bool MayReach(Budget budget)
    {
        if (admission.IsAtHome(budget))
            return true;
        var scope = budget.Spec.Scope;
        var mayReach = true;
        if (scope.Gateway is not null)
        {
            const string Message = "may only be set in the gateway's namespace";
            log.Fail(budget, ConditionTypes.Accepted, ConditionReasons.NotAllowed, "spec.scope.gateway", Message);
            mayReach = false;
        }

        var refs = scope.VirtualKeyRefs ?? [];
        for (var i = 0; i < refs.Length; i++)
        {
            if (refs[i].Namespace is null || refs[i].Namespace == budget.Metadata.Namespace)
                continue;
            log.Fail(
                budget,
                ConditionTypes.Accepted,
                ConditionReasons.NotAllowed,
                $"spec.scope.virtualKeyRefs[{i}].namespace",
                "may only name another namespace in the gateway's own");
            mayReach = false;
        }

        return mayReach;
    }

    /// <summary>Ids of keys; null: all.</summary>
    private ImmutableArray<string>? Select(Budget budget, KnownKeys keys)
    {
        var scope = budget.Spec.Scope;
        if (scope.Gateway is not null)
            return null;
        var selected = scope.VirtualKeyRefs is { } refs ? ByName(budget, refs, keys) : ByLabels(budget, keys);
        ImmutableArray<string> taken = [.. selected.Order(StringComparer.Ordinal)];
        if (taken.IsEmpty)
            log.Warn(budget, ConditionTypes.ResolvedRefs, ConditionReasons.NoKeysSelected, "spec.scope", "no key is selected now");
        return taken;
    }

    private IEnumerable<string> ByName(Budget budget, ImmutableArray<VirtualKeyReference> refs, KnownKeys keys)
    {
        for (var i = 0; i < refs.Length; i++)
        {
            var id = refs[i].IdFrom(budget);
            if (keys.Ids.Contains(id))
                continue;
            var (field, message) = ($"spec.scope.virtualKeyRefs[{i}]", $"the gateway has no VirtualKey `{id}`");
            log.Fail(budget, ConditionTypes.ResolvedRefs, ConditionReasons.VirtualKeyNotFound, field, message);
        }

        return refs.Select(r => r.IdFrom(budget)).Where(keys.Carried.Contains);
    }

    private IEnumerable<string> ByLabels(Budget budget, KnownKeys keys)
    {
        var namespaces = keys.ByNamespace
            .Select(n => n.Key)
            .Where(n => admission.IsAtHome(budget) || n == budget.Metadata.Namespace)
            .Where(n => SelectsNamespace(budget, n))
            .ToHashSet(StringComparer.Ordinal);
        if (budget.Spec.Scope.VirtualKeySelector is not { } selector)
            return namespaces.SelectMany(n => keys.ByNamespace[n]).Select(k => k.Id);
        var candidates = selector.MatchLabels.IsEmpty
            ? namespaces.SelectMany(n => keys.ByNamespace[n])
            : keys.WithLabel(selector.MatchLabels.First()).Where(k => namespaces.Contains(k.Key.Metadata.Namespace));
        var isOneLabel = selector.MatchLabels.Count == 1 && selector.MatchExpressions.IsEmpty;
        return candidates.Where(k => isOneLabel || selector.Matches(k.Key.Metadata.Labels)).Select(k => k.Id);
    }

    /// <summary>
    /// A namespace whose labels are not known counts as selected: keys that slip out of a budget would spend without a limit.
    /// </summary>
    private bool SelectsNamespace(Budget budget, string @namespace)
    {
        if (budget.Spec.Scope.NamespaceSelector is not { } selector)
            return true;
        if (admission.LabelsOf(@namespace) is { } labels)
            return selector.Matches(labels);
        log.Warn(
            budget,
            ConditionTypes.ResolvedRefs,
            ConditionReasons.NamespaceNotFound,
            "spec.scope.namespaceSelector",
            $"the labels of namespace `{@namespace}` are not known, so its keys count as selected");
        return true;
    }

    private void WarnOfCurrency(Budget budget, string currency, ImmutableArray<PricedModel> priced)
    {
        var models = budget.Spec.Models;
        var others = priced.Where(p => p.Currency != currency);
        foreach (var other in others.Where(p => models.IsEmpty || models.Any(m => ModelCover.Overlaps(m, p.Model))))
        {
            log.Warn(
                budget,
                ConditionTypes.Accepted,
                ConditionReasons.CurrencyMismatch,
                "spec.limit.cost.currency",
                $"`{other.Model}` is priced in {other.Currency}, which this Budget cannot count");
        }
    }

    /// <summary>The same instance as before, where the same Budget selects the same keys.</summary>
    private static BudgetConfig TranslateOnce(Budget budget, ImmutableArray<string>? keys)
    {
        if (s_known.TryGetValue(budget.Spec, out var known) && budget.Is(known.Object) && AreEqual(known.Keys, keys))
            return known;
        var config = Translate(budget, keys);
        s_known.AddOrUpdate(budget.Spec, config);
        return config;
    }

    private static bool AreEqual(ImmutableArray<string>? one, ImmutableArray<string>? other) =>
        one is { } a && other is { } b ? a.AsSpan().SequenceEqual(b.AsSpan()) : one is null && other is null;

    private static BudgetConfig Translate(Budget budget, ImmutableArray<string>? keys)
    {
        var spec = budget.Spec;
        return new()
        {
            Object = budget.Reference(),
            Keys = keys,
            Models = [.. spec.Models.Order(StringComparer.Ordinal)],
            Aggregation = spec.Aggregation,
            Cost = Decimals.Read(spec.Limit.Cost?.Amount) is { } amount ? Decimals.Normalize(amount) : null,
            Currency = spec.Limit.Cost?.Currency ?? "USD",
            Tokens = spec.Limit.Tokens,
            Period = spec.Period,
            TimeZone = spec.TimeZone,
            Action = spec.Action,
            Enforcement = spec.Enforcement,
            WarnAtPercent = [.. spec.WarnAtPercent.Order()],
        };
    }
}

/// <summary>The keys of a gateway, in the ways that budgets ask for them.</summary>
internal sealed class KnownKeys
{
    private readonly List<KnownKey> _taken;
    private readonly Dictionary<string, ILookup<string, KnownKey>> _byLabel = new(StringComparer.Ordinal);

    /// <param name="keys">Those that name the gateway.</param>
    /// <param name="carried">Ids of those that it takes.</param>
    public KnownKeys(ImmutableArray<VirtualKey> keys, HashSet<string> carried)
    {
        var known = keys.Select(k => new KnownKey(k.Id(), k)).ToList();
        _taken = [.. known.Where(k => carried.Contains(k.Id))];
        Ids = known.Select(k => k.Id).ToHashSet(StringComparer.Ordinal);
        Carried = carried;
        ByNamespace = _taken.ToLookup(k => k.Key.Metadata.Namespace, StringComparer.Ordinal);
    }

    /// <summary>Ids of those that name the gateway.</summary>
    public HashSet<string> Ids { get; }

    /// <summary>Ids of those that it takes.</summary>
    public HashSet<string> Carried { get; }

    /// <summary>Those that it takes.</summary>
    public ILookup<string, KnownKey> ByNamespace { get; }

    /// <summary>Those of them that have this label, found without a search: there are hundreds of budgets and thousands of keys.</summary>
    public IEnumerable<KnownKey> WithLabel(KeyValuePair<string, string> label)
    {
        if (!_byLabel.TryGetValue(label.Key, out var byValue))
        {
            byValue = _taken
                .Where(k => k.Key.Metadata.Labels.ContainsKey(label.Key))
                .ToLookup(k => k.Key.Metadata.Labels[label.Key], StringComparer.Ordinal);
            _byLabel.Add(label.Key, byValue);
        }

        return byValue[label.Value];
    }
}

/// <summary>A key and its id (<c>namespace/name</c>).</summary>
internal sealed record KnownKey(string Id, VirtualKey Key);

/// <summary>A model and the currency that it is priced in.</summary>
internal sealed record PricedModel(string Model, string Currency);
