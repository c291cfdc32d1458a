using System.Globalization;
using Operator.Api;
using Operator.Translate;

namespace Operator.Status;

/// <summary>Whether running pods have accepted the config that carries an object's generation.</summary>
internal static class Programmed
{
    /// <summary>
    /// Latched: once it is true for a generation it stays so while the config carries that generation, because pods that join or lag are
    /// the gateway's matter, not the object's.
    /// </summary>
    public static Judgement Judge(Verdict verdict, Condition? before, StatusInputs inputs)
    {
        if (NotCarried(verdict, inputs) is { } obstacle)
            return obstacle;
        if (before is { Status: ConditionStatus.True } && before.ObservedGeneration == verdict.Object.Generation)
            return new(ConditionStatus.True, before.Reason, before.Message);
        return OfConfig(inputs);
    }

    /// <summary>Why the config does not carry the object's generation; null where it does.</summary>
    public static Judgement? NotCarried(Verdict verdict, StatusInputs inputs)
    {
        if (NotInConfig(verdict, inputs) is { } absent)
            return absent;
        return verdict.CarriedGeneration != verdict.Object.Generation
            ? new(ConditionStatus.False, ReasonOf(verdict), Invariant($"generation {verdict.CarriedGeneration} is in force"))
            : null;
    }

    /// <summary>Why the config carries no generation of the object; null where it carries one.</summary>
    public static Judgement? NotInConfig(Verdict verdict, StatusInputs inputs) => inputs.Config is null || verdict.CarriedGeneration is null
        ? new(ConditionStatus.False, ReasonOf(verdict), "is not in the config of the gateway")
        : null;

    /// <summary>The same question for the config as a whole.</summary>
    public static Judgement OfConfig(StatusInputs inputs)
    {
        if (inputs.Config is not { } config)
        {
            var why = inputs.Translation.Config is null ? ConditionReasons.Invalid : ConditionReasons.Pending;
            return new(ConditionStatus.False, why, "there is no config");
        }

        if (inputs.Pods.Any(p => p.Revision == config.Revision))
            return new(ConditionStatus.True, ConditionReasons.Programmed, Invariant($"since revision {config.Revision}"));
        if (inputs.Pods.FirstOrDefault(p => p.HasRefused) is { } refusing)
            return new(ConditionStatus.False, ConditionReasons.Rejected, $"{refusing.Name}: {refusing.Problem}");
        var problems = string.Join("; ", inputs.Pods.Where(p => p.Problem.Length > 0).Select(p => $"{p.Name}: {p.Problem}"));
        var reason = inputs.Pods.Any(p => p.IsReady) ? ConditionReasons.Pending : ConditionReasons.NoPods;
        var silence = WithoutPods(inputs.Inputs.Gateway) ?? "no pod has answered yet";
        return new(ConditionStatus.Unknown, reason, problems.Length > 0 ? problems : silence);
    }

    /// <summary>Why there is no pod, where that is as it should be; else null.</summary>
    public static string? WithoutPods(LlmGateway gateway) =>
        gateway.Spec is { Replicas: 0, Autoscaling: null } ? "`spec.replicas` is 0" : null;

    private static string ReasonOf(Verdict verdict)
    {
        if (verdict.IsPaused)
            return ConditionReasons.Paused;
        if (verdict.Accepted.Status != ConditionStatus.True)
            return verdict.Accepted.Reason;
        return verdict.ResolvedRefs.Status != ConditionStatus.True ? verdict.ResolvedRefs.Reason : ConditionReasons.Pending;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
