using System.Collections.Immutable;
using System.Globalization;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate.Checks;

namespace Operator.Translate;

/// <summary>ModelRoutes: who gets which name, and the targets that can be used.</summary>
internal static class RouteTranslation
{
    public static void TranslateAll(Workbook work)
    {
        var carried = new List<(ModelRoute Current, ModelRoute Carried)>();
        foreach (var route in work.Inputs.Routes)
        {
            var last = work.Inputs.LastValid.Routes.GetValueOrDefault(route.Id());
            if (work.Choose(route, last, FieldChecks.Of(route, work.Checks)) is { } version)
                carried.Add((route, version));
        }

        var winners = Winners(carried, work);
        var names = winners.SelectMany(w => w.Carried.Spec.Aliases.Prepend(w.Carried.Spec.Model)).ToImmutableArray();
        foreach (var (current, version) in winners.OrderBy(w => w.Current.Id(), StringComparer.Ordinal))
        {
            work.LastValid = work.LastValid with { Routes = work.LastValid.Routes.SetItem(version.Id(), version) };
            Translate(current, version, names, work);
        }
    }

    /// <summary>Of two routes with one name the older keeps it: a new object cannot take a name away.</summary>
    private static List<(ModelRoute Current, ModelRoute Carried)> Winners(List<(ModelRoute Current, ModelRoute Carried)> routes, Workbook work)
    {
        var owners = new Dictionary<string, ModelRoute>(StringComparer.Ordinal);
        var winners = new List<(ModelRoute, ModelRoute)>();
        var byAge = routes
            .OrderBy(r => r.Current.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue)
            .ThenBy(r => r.Current.Id(), StringComparer.Ordinal);
        foreach (var (current, carried) in byAge)
        {
            string[] names = [carried.Spec.Model, .. carried.Spec.Aliases];
            if (names.FirstOrDefault(owners.ContainsKey) is { } taken)
            {
                work.Exclude(
                    current,
                    ConditionReasons.Conflict,
                    taken == carried.Spec.Model ? "spec.model" : "spec.aliases",
                    $"The name `{taken}` belongs to the older ModelRoute {owners[taken].Id()}. Choose another name, or delete one of them.");
                continue;
            }

            foreach (var name in names)
                owners[name] = carried;
            winners.Add((current, carried));
        }

        return winners;
    }

    private static void Translate(ModelRoute route, ModelRoute carried, ImmutableArray<string> names, Workbook work)
    {
        var spec = carried.Spec;
        var targets = ImmutableArray.CreateBuilder<TargetConfig>();
        var unpriced = ImmutableArray.CreateBuilder<(string, string)>();
        for (var i = 0; i < spec.Targets.Length; i++)
        {
            var field = string.Create(CultureInfo.InvariantCulture, $"spec.targets[{i}]");
            if (TargetTranslation.Translate(route, spec, spec.Targets[i], field, work) is not { } target)
                continue;
            targets.Add(target);
            if (target.Price is null)
                unpriced.Add((field + ".pricing", TargetTranslation.UnpricedMessage(spec, spec.Targets[i])));
        }

        work.Priced(route, unpriced.ToImmutable());
        for (var i = 0; i < spec.Fallbacks.Length; i++)
        {
            if (!names.Any(n => ModelPattern.TryParse(n, out var pattern) && pattern.Matches(spec.Fallbacks[i])))
            {
                work.Report(
                    route,
                    ConditionTypes.ResolvedRefs,
                    ConditionReasons.FallbackNotFound,
                    string.Create(CultureInfo.InvariantCulture, $"spec.fallbacks[{i}]"),
                    $"No ModelRoute of this gateway serves `{spec.Fallbacks[i]}`.",
                    Severity.Warning);
            }
        }

        if (targets.Count == 0)
        {
            work.NotCarried(route);
            return;
        }

        work.Add(new RouteConfig
        {
            Object = carried.Reference(),
            Model = spec.Model,
            Aliases = [.. spec.Aliases.Order(StringComparer.Ordinal)],
            Targets = targets.ToImmutable(),
            Fallbacks = spec.Fallbacks,
            Retry = spec.Retry is null ? null : GatewayTranslation.Retry(spec.Retry),
            Strategy = spec.Strategy,
        });
    }
}
