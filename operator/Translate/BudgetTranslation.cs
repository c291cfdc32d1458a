using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>Budgets: which keys each selects. A Budget in the gateway's namespace reaches keys everywhere, another only those beside it.</summary>
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
        var budgets = ImmutableArray.CreateBuilder<BudgetConfig>();
        foreach (var budget in chosen.Select(c => c.InForce).OfType<Budget>())
        {
            if (!admission.Admits(budget, log) || !MayReach(budget))
                continue;
            WarnOfCurrency(budget, priced);
            budgets.Add(Translate(budget, Select(budget, keys, carried)));
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
            log.Fail(budget, ConditionTypes.Accepted, ConditionReasons.NotAllowed, "spec.scope.gateway", "may only be set in the gateway's namespace");
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
    private ImmutableArray<string>? Select(Budget budget, ImmutableArray<VirtualKey> keys, HashSet<string> carried)
    {
        var scope = budget.Spec.Scope;
        if (scope.Gateway is not null)
            return null;
        var selected = scope.VirtualKeyRefs is { } refs ? ByName(budget, refs, keys) : ByLabels(budget, keys);
        ImmutableArray<string> taken = [.. selected.Where(carried.Contains).Order(StringComparer.Ordinal)];
        if (taken.IsEmpty)
            log.Warn(budget, ConditionTypes.ResolvedRefs, ConditionReasons.NoKeysSelected, "spec.scope", "no key is selected now");
        return taken;
    }

    private IEnumerable<string> ByName(Budget budget, ImmutableArray<VirtualKeyReference> refs, ImmutableArray<VirtualKey> keys)
    {
        var known = keys.Select(k => k.Id()).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < refs.Length; i++)
        {
            var id = refs[i].IdFrom(budget);
            if (!known.Contains(id))
                log.Fail(budget, ConditionTypes.ResolvedRefs, ConditionReasons.VirtualKeyNotFound, $"spec.scope.virtualKeyRefs[{i}]", $"the gateway has no VirtualKey `{id}`");
        }

        return refs.Select(r => r.IdFrom(budget));
    }

    private IEnumerable<string> ByLabels(Budget budget, ImmutableArray<VirtualKey> keys)
    {
        var scope = budget.Spec.Scope;
        return keys
            .Where(k => admission.IsAtHome(budget) || k.Metadata.Namespace == budget.Metadata.Namespace)
            .Where(k => scope.VirtualKeySelector?.Matches(k.Metadata.Labels) ?? true)
            .Where(k => scope.NamespaceSelector?.Matches(admission.LabelsOf(k.Metadata.Namespace)) ?? true)
            .Select(k => k.Id());
    }

    private void WarnOfCurrency(Budget budget, ImmutableArray<PricedModel> priced)
    {
        if (budget.Spec.Limit.Cost is not { Currency: var currency })
            return;
        var models = budget.Spec.Models;
        foreach (var other in priced.Where(p => p.Currency != currency && (models.IsEmpty || models.Any(m => ModelCover.Overlaps(m, p.Model)))))
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

/// <summary>A model and the currency that it is priced in.</summary>
internal sealed record PricedModel(string Model, string Currency);
