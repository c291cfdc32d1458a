using System.Collections.Immutable;
using Operator.Api;
using Operator.Translate;

namespace Operator.Status;

/// <summary>
/// The status of a ModelRoute. A route may serve several gateways: each has its own conditions, and those of the route as a whole are for
/// each type the first that does not hold, else the first.
/// </summary>
internal static class RouteStatus
{
    public static ModelRouteStatus Of(ModelRoute route, Verdict verdict, StatusInputs inputs)
    {
        var wanted = route.Spec.GatewayRefs.Select(r => r.Name).ToImmutableArray();
        var here = Here(route, verdict, inputs);
        var others = (route.Status?.Gateways ?? []).Where(g => g.Name != here.Name && wanted.Contains(g.Name));
        ImmutableArray<RouteGatewayStatus> gateways = [.. others.Append(here).OrderBy(g => wanted.IndexOf(g.Name))];

        var conditions = new ConditionList(route.Status?.Conditions ?? [], route.Metadata.Generation, inputs.Now);
        conditions.AddWhile(verdict.IsPaused, ConditionTypes.Paused, ConditionReasons.Paused, "changes wait until the annotation is gone");
        foreach (var type in here.Conditions.Select(c => c.Type))
            conditions.Add(type, Worst(gateways, type));
        return new()
        {
            ObservedGeneration = route.Metadata.Generation,
            TargetCount = route.Spec.Targets.Length,
            Gateways = gateways,
            Conditions = conditions.WithSummary(ConditionTypes.Accepted, ConditionTypes.ResolvedRefs, ConditionTypes.Programmed),
        };
    }

    private static RouteGatewayStatus Here(ModelRoute route, Verdict verdict, StatusInputs inputs)
    {
        var name = inputs.Inputs.Gateway.Metadata.Name;
        var before = route.Status?.Gateways.FirstOrDefault(g => g.Name == name);
        var conditions = new ConditionList(before?.Conditions ?? [], route.Metadata.Generation, inputs.Now);
        var programmedBefore = conditions.Previous(ConditionTypes.Programmed);
        var programmed = Programmed.Judge(verdict, programmedBefore, inputs);
        conditions.Add(ConditionTypes.Accepted, verdict.Accepted);
        conditions.Add(ConditionTypes.ResolvedRefs, verdict.ResolvedRefs);
        conditions.Add(ConditionTypes.Programmed, programmed);
        if (verdict.Priced is { } priced)
            conditions.Add(ConditionTypes.Priced, priced);
        return new()
        {
            Name = name,
            Revision = Revision(programmed, before, route.Metadata.Generation, inputs),
            Conditions = conditions.ToImmutable(),
        };
    }

    /// <summary>The first revision that carried this generation.</summary>
    private static long? Revision(Judgement programmed, RouteGatewayStatus? before, long generation, StatusInputs inputs)
    {
        if (programmed.Status != ConditionStatus.True)
            return null;
        var isLatched = before?.Conditions.Any(c =>
            c is { Type: ConditionTypes.Programmed, Status: ConditionStatus.True } && c.ObservedGeneration == generation) ?? false;
        return isLatched ? before!.Revision : inputs.Config?.Revision;
    }

    private static Judgement Worst(ImmutableArray<RouteGatewayStatus> gateways, string type)
    {
        var all = gateways.SelectMany(g => g.Conditions.Where(c => c.Type == type).Select(c => (g.Name, Condition: c))).ToList();
        var (name, worst) = all.OrderByDescending(c => c.Condition.Status != ConditionStatus.True).First();
        var message = gateways.Length > 1 && worst.Message.Length > 0 ? $"{name}: {worst.Message}" : worst.Message;
        return new(worst.Status, worst.Reason, message);
    }
}
