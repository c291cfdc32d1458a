using System.Collections.Immutable;
using System.Globalization;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate.Checks;

namespace Operator.Translate;

/// <summary>Budgets: which keys count, and how far.</summary>
internal static class BudgetTranslation
{
    public static void TranslateAll(Workbook work)
    {
        foreach (var budget in work.Inputs.Budgets.OrderBy(b => b.Id(), StringComparer.Ordinal))
        {
            var last = work.Inputs.LastValid.Budgets.GetValueOrDefault(budget.Id());
            if (work.Choose(budget, last, FieldChecks.Of(budget, work.Checks)) is not { } carried)
                continue;
            var isHome = budget.Metadata.Namespace == work.Inputs.Gateway.Metadata.Namespace;
            if (carried.Spec.Scope.Gateway is not null && !isHome)
            {
                work.Exclude(
                    budget,
                    ConditionReasons.NotAllowed,
                    "spec.scope.gateway",
                    "Only a Budget in the gateway's own namespace may count the gateway as a whole. Select keys instead.");
                continue;
            }

            work.LastValid = work.LastValid with { Budgets = work.LastValid.Budgets.SetItem(carried.Id(), carried) };
            Translate(budget, carried, isHome, work);
        }
    }

    private static void Translate(Budget budget, Budget carried, bool isHome, Workbook work)
    {
        var spec = carried.Spec;
        var keys = spec.Scope.Gateway is not null ? (ImmutableArray<string>?)null : Keys(budget, spec.Scope, isHome, work);
        if (keys is { IsEmpty: true })
        {
            work.Report(
                budget, ConditionTypes.Accepted, ConditionReasons.NoKeysSelected, "spec.scope", "No VirtualKey is selected, so nothing is counted.", Severity.Warning);
        }

        work.Add(new BudgetConfig
        {
            Object = carried.Reference(),
            Keys = keys,
            Models = [.. spec.Models.Order(StringComparer.Ordinal)],
            Aggregation = spec.Aggregation,
            Cost = Lower(Cost(spec), ReferenceEquals(spec, budget.Spec) ? null : CostOrNull(budget.Spec)),
            Currency = spec.Limit.Cost?.Currency ?? "USD",
            Tokens = spec.Limit.Tokens is { } tokens ? Math.Min(tokens, budget.Spec.Limit.Tokens ?? tokens) : null,
            Period = spec.Period,
            TimeZone = spec.TimeZone,
            Action = spec.Action,
            Enforcement = spec.Enforcement,
            WarnAtPercent = [.. spec.WarnAtPercent.Order()],
        });
    }

    private static ImmutableArray<string> Keys(Budget budget, BudgetScope scope, bool isHome, Workbook work)
    {
        var visible = work.Inputs.Keys.Where(k => isHome || k.Metadata.Namespace == budget.Metadata.Namespace);
        if (scope.VirtualKeyRefs is { } references)
            return ByName(budget, references, [.. visible.Select(k => k.Id())], work);
        return
        [
            .. visible
                .Where(k => scope.VirtualKeySelector?.Matches(k.Metadata.Labels) ?? true)
                .Where(k => scope.NamespaceSelector is null || Selection.Namespace(scope.NamespaceSelector, k.Metadata.Namespace, work))
                .Select(k => k.Id())
                .Order(StringComparer.Ordinal),
        ];
    }

    private static ImmutableArray<string> ByName(
        Budget budget, ImmutableArray<VirtualKeyReference> references, ImmutableHashSet<string> visible, Workbook work)
    {
        for (var i = 0; i < references.Length; i++)
        {
            if (!visible.Contains(IdOf(budget, references[i])))
            {
                work.Unresolved(
                    budget,
                    ConditionReasons.VirtualKeyNotFound,
                    string.Create(CultureInfo.InvariantCulture, $"spec.scope.virtualKeyRefs[{i}]"),
                    $"There is no VirtualKey {IdOf(budget, references[i])} of this gateway that this Budget may select.");
            }
        }

        return [.. references.Select(r => IdOf(budget, r)).Where(visible.Contains).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static string IdOf(Budget budget, VirtualKeyReference reference) => $"{reference.Namespace ?? budget.Metadata.Namespace}/{reference.Name}";

    private static decimal? Cost(BudgetSpec spec) =>
        spec.Limit.Cost is { } cost ? decimal.Parse(cost.Amount, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) : null;

    /// <summary>Of a spec that may be wrong. A lower limit counts even then.</summary>
    private static decimal? CostOrNull(BudgetSpec spec) =>
        decimal.TryParse(spec.Limit.Cost?.Amount, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) ? amount : null;

    private static decimal? Lower(decimal? carried, decimal? current) => carried is { } value && current < value ? current : carried;
}
