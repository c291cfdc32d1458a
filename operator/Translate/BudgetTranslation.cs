using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>
/// Budgets: which keys each selects. A Budget in the gateway's namespace reaches keys everywhere, another only those beside it.
/// </summary>
internal sealed class BudgetTranslation(Admission admission, FindingLog log)
{
    /// <summary>Budgets that the gateway takes.</summary>
    /// <param name="chosen">All of them.</param>
    /// <param name="keys">The keys that name the gateway, with the labels that they have now.</param>
    /// <param name="carried">Ids of those that the gateway takes: only they are selected.</param>
    /// <param name="priced">The routes, with the currencies of their prices.</param>
    public ImmutableArray<BudgetConfig> Translate(
        ImmutableArray<Chosen<Budget>> chosen, ImmutableArray<VirtualKey> keys, HashSet<string> carried, ImmutableArray<PricedModel> priced)
    {
        var known = new KnownKeys(keys, carried);
        var budgets = ImmutableArray.CreateBuilder<BudgetConfig>();
        foreach (var budget in chosen.Select(c => c.InForce).OfType<Budget>())
        {
            if (!admission.Admits(budget, log) || !MayReach(budget))
                continue;
            WarnOfCurrency(budget, priced);
            budgets.Add(Translate(budget, Select(budget, known)));
        }

        return [.. budgets.OrderBy(b => b.Object.Namespace, StringComparer.Ordinal).ThenBy(b => b.Object.Name, StringComparer.Ordinal)];
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

    private IEnumerable<string> ByLabels(Budget budget, KnownKeys keys) => keys.ByNamespace
        .Where(n => admission.IsAtHome(budget) || n.Key == budget.Metadata.Namespace)
        .Where(n => SelectsNamespace(budget, n.Key))
        .SelectMany(n => n)
        .Where(k => budget.Spec.Scope.VirtualKeySelector?.Matches(k.Metadata.Labels) ?? true)
        .Select(k => k.Id());

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

    private void WarnOfCurrency(Budget budget, ImmutableArray<PricedModel> priced)
    {
        if (budget.Spec.Limit.Cost is not { Currency: var currency })
            return;
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
internal sealed class KnownKeys(ImmutableArray<VirtualKey> keys, HashSet<string> carried)
{
    /// <summary>Ids of those that name the gateway.</summary>
    public HashSet<string> Ids { get; } = keys.Select(k => k.Id()).ToHashSet(StringComparer.Ordinal);

    /// <summary>Ids of those that it takes.</summary>
    public HashSet<string> Carried => carried;

    /// <summary>Those that it takes.</summary>
    public ILookup<string, VirtualKey> ByNamespace { get; } =
        keys.Where(k => carried.Contains(k.Id())).ToLookup(k => k.Metadata.Namespace, StringComparer.Ordinal);
}

/// <summary>A model and the currency that it is priced in.</summary>
internal sealed record PricedModel(string Model, string Currency);
