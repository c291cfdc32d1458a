using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>ModelRoutes: names, conflicts, targets that can be used.</summary>
internal sealed class RouteTranslation(TargetTranslation targets, FindingLog log)
{
    private static readonly ConditionalWeakTable<ModelRouteSpec, RouteConfig> s_known = [];

    /// <summary>Routes with at least one usable target. <paramref name="chosen"/> is ordered oldest first.</summary>
    public ImmutableArray<RouteConfig> Translate(ImmutableArray<Chosen<ModelRoute>> chosen)
    {
        var taken = new Dictionary<string, ModelRoute>(StringComparer.Ordinal);
        var routes = ImmutableArray.CreateBuilder<RouteConfig>();
        foreach (var route in chosen.Select(c => c.InForce).OfType<ModelRoute>())
        {
            if (TakeNames(route, taken) && Translate(route) is { } config)
                routes.Add(config);
        }

        WarnOfUnknownFallbacks(routes, chosen);
        routes.Sort((a, b) => ConfigOrder.Compare(a.Object, b.Object));
        return routes.ToImmutable();
    }

    /// <summary>All names or none: a route that is half there would surprise more than one that is not.</summary>
    private bool TakeNames(ModelRoute route, Dictionary<string, ModelRoute> taken)
    {
        var isFree = true;
        for (var i = -1; i < route.Spec.Aliases.Length; i++)
        {
            var (name, field) = i < 0 ? (route.Spec.Model, "spec.model") : (route.Spec.Aliases[i], $"spec.aliases[{i}]");
            if (!taken.TryGetValue(name, out var owner))
                continue;
            var message = $"the name `{name}` belongs to the older ModelRoute `{owner.Id()}`";
            log.Fail(route, ConditionTypes.Accepted, ConditionReasons.Conflict, field, message);
            isFree = false;
        }

        if (!isFree)
            return false;
        foreach (var name in route.Spec.Aliases.Add(route.Spec.Model))
            taken.TryAdd(name, route);
        return true;
    }

    private RouteConfig? Translate(ModelRoute route)
    {
        var usable = targets.Translate(route);
        if (usable.IsEmpty)
        {
            const string Message = "no target can be used, so the route is out";
            log.Fail(route, ConditionTypes.ResolvedRefs, ConditionReasons.NoUsableTarget, "spec.targets", Message);
            return null;
        }

        return TranslateOnce(route, usable);
    }

    /// <summary>The same instance as before, where the same ModelRoute has the same targets.</summary>
    private static RouteConfig TranslateOnce(ModelRoute route, ImmutableArray<TargetConfig> usable)
    {
        if (s_known.TryGetValue(route.Spec, out var known) && route.Is(known.Object) && known.Targets.SequenceEqual(usable))
            return known;
        var config = Translate(route, usable);
        s_known.AddOrUpdate(route.Spec, config);
        return config;
    }

    private static RouteConfig Translate(ModelRoute route, ImmutableArray<TargetConfig> usable) => new()
    {
        Object = route.Reference(),
        Model = route.Spec.Model,
        Aliases = route.Spec.Aliases,
        Targets = usable,
        Fallbacks = route.Spec.Fallbacks,
        Retry = route.Spec.Retry is { } retry ? SettingsTranslation.Retry(retry) : null,
        Strategy = route.Spec.Strategy,
    };

    private void WarnOfUnknownFallbacks(IEnumerable<RouteConfig> routes, ImmutableArray<Chosen<ModelRoute>> chosen)
    {
        var served = new ServedModels(routes);
        foreach (var route in chosen.Select(c => c.InForce).OfType<ModelRoute>())
        {
            for (var i = 0; i < route.Spec.Fallbacks.Length; i++)
            {
                var name = route.Spec.Fallbacks[i];
                if (served.Serve(name))
                    continue;
                var message = $"no route of the gateway serves `{name}`";
                log.Warn(route, ConditionTypes.ResolvedRefs, ConditionReasons.FallbackNotFound, $"spec.fallbacks[{i}]", message);
            }
        }
    }
}
