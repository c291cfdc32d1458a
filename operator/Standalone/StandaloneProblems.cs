using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Push;
using Operator.Reconcile;
using Operator.Standalone.Manifests;
using Operator.Translate;

namespace Operator.Standalone;

/// <summary>Everything that a person should mend, each at its file and line. Pure.</summary>
internal static class StandaloneProblems
{
    /// <param name="store">The folder, with what is wrong in its files.</param>
    /// <param name="outcome">What the reconcile has come to; null where there is no gateway to reconcile.</param>
    public static ImmutableArray<ManifestProblem> Of(ManifestStore store, ReconcileOutcome? outcome)
    {
        var problems = store.Problems.AsEnumerable();
        if (outcome is not null)
        {
            problems = problems
                .Concat(outcome.Translation.Findings.Select(f => Of(store, f)))
                .Concat(OfAnswer(store, outcome))
                .Concat(Strangers(store, outcome.Inputs.Gateway))
                .Concat(Unused(store, outcome.Inputs));
        }

        return [.. problems.OrderBy(p => p.File, StringComparer.Ordinal).ThenBy(p => p.Line).ThenBy(p => p.Field, StringComparer.Ordinal)];
    }

    private static ManifestProblem Of(ManifestStore store, Finding finding)
    {
        var hint = finding.Reason is ConditionReasons.SecretNotFound or ConditionReasons.SecretKeyMissing ? Hint(store, finding) : "";
        return At(store, finding.Object, finding.Field, finding.Message + hint, finding.Severity == Severity.Warning);
    }

    /// <summary>Refusals that name objects come back as findings; the rest concerns the gateway.</summary>
    private static IEnumerable<ManifestProblem> OfAnswer(ManifestStore store, ReconcileOutcome outcome) =>
        outcome.Answer is null or PushOutcome.Acknowledged
            ? []
            : [At(store, outcome.Inputs.Gateway.Reference(), "", $"the gateway {PodReports.Problem(outcome.Answer)}", isWarning: false)];

    private static IEnumerable<ManifestProblem> Strangers(ManifestStore store, LlmGateway served)
    {
        var known = store.All<LlmGateway>().Select(g => g.Id()).Append(served.Id()).ToHashSet(StringComparer.Ordinal);
        return store.All<ModelRoute>().SelectMany(Uses)
            .Concat(store.All<VirtualKey>().Select(k => Use(k, k.Spec.GatewayRef)))
            .Concat(store.All<Budget>().Select(b => Use(b, b.Spec.GatewayRef)))
            .Where(use => !known.Contains(use.Gateway))
            .Select(use => (use.Of, use.Field, Message: $"there is no LlmGateway {use.Gateway} in this folder"))
            .Select(use => At(store, use.Of.Reference(), use.Field, use.Message, isWarning: false));
    }

    private static IEnumerable<(KubernetesObject Of, string Field, string Gateway)> Uses(ModelRoute route) => route.Spec.GatewayRefs
        .Select((g, i) => ((KubernetesObject)route,
            FormattableString.Invariant($"spec.gatewayRefs[{i}].name"),
            $"{route.Metadata.Namespace}/{g.Name}"));

    private static (KubernetesObject Of, string Field, string Gateway) Use(KubernetesObject of, GatewayReference reference) =>
        (of, "spec.gatewayRef.name", $"{reference.Namespace ?? of.Metadata.Namespace}/{reference.Name}");

    /// <summary>Fields that have a meaning only in a cluster.</summary>
    private static IEnumerable<ManifestProblem> Unused(ManifestStore store, TranslateInputs inputs)
    {
        const string NoTls = "is not used in standalone mode: the gateway listens on the loopback address without TLS";
        const string OneProcess = "is not used in standalone mode: one process counts, and keeps its journal in the state folder";
        var gateway = inputs.Gateway.Reference();
        if (inputs.Gateway.Spec.Postgres is not null)
            yield return At(store, gateway, "spec.postgres", OneProcess, isWarning: true);
        if (inputs.Gateway.Spec.Redis is not null)
            yield return At(store, gateway, "spec.redis", OneProcess, isWarning: true);
        if (inputs.Gateway.Spec.Tls is not null)
            yield return At(store, gateway, "spec.tls", NoTls, isWarning: true);
    }

    private static string Hint(ManifestStore store, Finding finding)
    {
        var (kind, id) = (finding.Object.Kind, finding.Object.Id());
        var uses = kind == ModelRoute.KindName
            ? store.All<ModelRoute>().Where(r => r.Id() == id).SelectMany(LocalSecrets.UsesOf)
            : store.All<VirtualKey>().Where(k => k.Id() == id).SelectMany(LocalSecrets.UsesOf);
        var variables = uses.Select(u => LocalSecrets.Variable(u.Reference)).Distinct(StringComparer.Ordinal).ToList();
        return variables.Count == 0 ? "" : $"; without a cluster {string.Join(" or ", variables)} in the environment serves too";
    }

    private static ManifestProblem At(ManifestStore store, ObjectReference of, string field, string message, bool isWarning)
    {
        var id = new ObjectId(of.Kind, of.Namespace, of.Name);
        var stored = store.Objects.GetValueOrDefault(id);
        return new()
        {
            File = stored?.File ?? "",
            Line = stored?.Lines.Of(field) ?? 1,
            Object = id.ToString(),
            Field = field,
            Message = message,
            IsWarning = isWarning,
        };
    }
}
