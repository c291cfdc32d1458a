using System.Collections.Immutable;
using System.Globalization;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate;

namespace Operator.Status;

/// <summary>The status of an LlmGateway: which of its pods serve which config.</summary>
internal static class GatewayStatus
{
    private const int MaxLaggingPods = 16;
    private const int MaxReason = 1024;

    public static LlmGatewayStatus Of(Verdict verdict, StatusInputs inputs)
    {
        var gateway = inputs.Inputs.Gateway;
        var config = inputs.Config;
        var serving = config is null ? 0 : inputs.Pods.Count(p => p.Revision == config.Revision);
        var ready = inputs.Pods.Count(p => p.IsReady);
        return new()
        {
            ObservedGeneration = gateway.Metadata.Generation,
            Replicas = inputs.Pods.Length,
            ReadyReplicas = ready,
            Selector = inputs.Selector,
            Url = inputs.Url,
            Config = config is null ? null : Config(config, serving, inputs),
            AttachedRoutes = config?.Routes.Length ?? 0,
            AttachedKeys = config?.Keys.Length ?? 0,
            AttachedBudgets = config?.Budgets.Length ?? 0,
            LaggingPods =
            [
                .. inputs.Pods.Where(p => config is not null && p.Revision != config.Revision)
                    .Select(p => new LaggingPod { Name = p.Name, Revision = p.Revision, Reason = BoundedText.Cut(p.Problem, MaxReason) })
                    .Take(MaxLaggingPods),
            ],
            Conditions = Conditions(gateway, verdict, ready, serving, inputs),
        };
    }

    private static ImmutableArray<Condition> Conditions(LlmGateway gateway, Verdict verdict, int ready, int serving, StatusInputs inputs)
    {
        var conditions = new ConditionList(gateway.Status?.Conditions ?? [], gateway.Metadata.Generation, inputs.Now);
        conditions.AddWhile(verdict.IsPaused, ConditionTypes.Paused, ConditionReasons.Paused, "changes wait until the annotation is gone");
        conditions.Add(ConditionTypes.Accepted, verdict.Accepted);
        conditions.Add(ConditionTypes.ResolvedRefs, verdict.ResolvedRefs);
        if (inputs.ChildProblems is { } problems)
            conditions.Add(ConditionTypes.Deployed, Deployed(problems));
        conditions.Add(
            ConditionTypes.Available,
            ready > 0
                ? new(ConditionStatus.True, ConditionReasons.Available, "")
                : new(ConditionStatus.False, ConditionReasons.NoPods, Programmed.WithoutPods(gateway) ?? "no pod is ready"));
        conditions.Add(ConditionTypes.Programmed, Rollout(verdict, serving, inputs));
        if (inputs.Inputs.IsCluster && gateway.Spec.Postgres is not null)
            conditions.Add(ConditionTypes.PostgresConnected, StoreConnection.Of(StoreStatus.Postgres, inputs.Pods));
        if (inputs.Inputs.IsCluster && gateway.Spec.Redis is not null)
            conditions.Add(ConditionTypes.RedisConnected, StoreConnection.Of(StoreStatus.Redis, inputs.Pods));
        return conditions.WithSummary(
            ConditionTypes.Accepted,
            ConditionTypes.ResolvedRefs,
            ConditionTypes.Deployed,
            ConditionTypes.Programmed,
            ConditionTypes.Available,
            ConditionTypes.PostgresConnected,
            ConditionTypes.RedisConnected);
    }

    private static Judgement Deployed(ImmutableArray<string> problems) => problems.IsEmpty
        ? new(ConditionStatus.True, ConditionReasons.Deployed, "")
        : new(ConditionStatus.False, ConditionReasons.Incomplete, string.Join("; ", problems));

    /// <summary>Stricter than for an object: every ready pod must serve it.</summary>
    private static Judgement Rollout(Verdict verdict, int serving, StatusInputs inputs)
    {
        if (inputs.Config is not null && Programmed.NotCarried(verdict, inputs) is { } obstacle)
            return obstacle;
        var judgement = Programmed.OfConfig(inputs);
        var lagging = inputs.Pods.Where(p => p.IsReady && p.Revision != inputs.Config?.Revision).Select(p => p.Name).ToList();
        if (judgement.Status != ConditionStatus.True || lagging.Count == 0)
            return judgement;
        var names = string.Join(", ", lagging.Take(MaxLaggingPods));
        return new(ConditionStatus.False, ConditionReasons.Pending, $"{serving} of {inputs.Pods.Length} pods serve it; not yet: {names}");
    }

    private static GatewayConfigStatus Config(ConfigSnapshot config, int serving, StatusInputs inputs) => new()
    {
        Revision = config.Revision,
        Hash = config.Hash,
        TargetPods = inputs.Pods.Length,
        AckedPods = serving,
        RejectedPods = inputs.Pods.Count(p => p.HasRefused),
        Summary = string.Create(CultureInfo.InvariantCulture, $"{serving}/{inputs.Pods.Length}"),
        LastAckTime = inputs.Pods.Max(p => p.AcknowledgedTime) is { } time ? ApiTime.Seconds(time) : null,
    };
}
