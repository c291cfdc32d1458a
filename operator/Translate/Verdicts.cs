using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>What the findings and the config say of each object.</summary>
internal static class Verdicts
{
    private static readonly Judgement s_accepted = new(ConditionStatus.True, ConditionReasons.Accepted, "");
    private static readonly Judgement s_resolved = new(ConditionStatus.True, ConditionReasons.ResolvedRefs, "");
    private static readonly Judgement s_priced = new(ConditionStatus.True, ConditionReasons.Priced, "");

    /// <summary>One for each object of the inputs: the gateway, routes, keys, budgets, each in the order given.</summary>
    public static ImmutableArray<Verdict> Of(TranslateInputs inputs, ConfigSnapshot? config, FindingLog log)
    {
        var carried = Carried(config);
        return
        [
            Of(inputs.Gateway, carried, config is not null, log),
            .. inputs.Routes.Select(r => Of(r, carried, config is not null, log)),
            .. inputs.Keys.Select(k => Of(k, carried, config is not null, log)),
            .. inputs.Budgets.Select(b => Of(b, carried, config is not null, log)),
        ];
    }

    private static Verdict Of(KubernetesObject of, Dictionary<(string Kind, string Namespace, string Name), ObjectReference> carried, bool hasConfig, FindingLog log)
    {
        var isCarried = carried.TryGetValue((of.Kind, of.Metadata.Namespace, of.Metadata.Name), out var found);
        var reference = isCarried && of.Is(found!) ? found! : of.Reference();
        var findings = log.Of(reference);
        long? generation = isCarried ? found!.Generation : null;
        var accepted = FindingLog.Judge(findings, ConditionTypes.Accepted, s_accepted);
        if (!hasConfig && accepted.Status == ConditionStatus.True)
            accepted = new(ConditionStatus.Unknown, ConditionReasons.GatewayInvalid, "the LlmGateway itself is not valid");
        var isJudged = generation is not null || accepted.Status == ConditionStatus.True;
        var resolved = isJudged
            ? FindingLog.Judge(findings, ConditionTypes.ResolvedRefs, s_resolved)
            : new(ConditionStatus.Unknown, accepted.Reason, "is not looked at while the object is not accepted");
        return new()
        {
            Object = reference,
            Accepted = accepted,
            ResolvedRefs = resolved,
            Priced = of is ModelRoute ? Priced(generation is not null, resolved, findings) : null,
            CarriedGeneration = generation,
            IsPaused = of.IsPaused(),
        };
    }

    private static Judgement Priced(bool isServed, Judgement resolved, IReadOnlyList<Finding> findings) => isServed
        ? FindingLog.Judge(findings, ConditionTypes.Priced, s_priced)
        : new(ConditionStatus.Unknown, resolved.Reason, "is not looked at while the route is not served");

    private static Dictionary<(string Kind, string Namespace, string Name), ObjectReference> Carried(ConfigSnapshot? config) =>
        config is null ? [] : config.Objects().ToDictionary(o => (o.Kind, o.Namespace, o.Name));
}
