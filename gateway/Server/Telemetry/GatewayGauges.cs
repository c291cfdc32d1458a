using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Contract;
using Gateway.Metrics;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Endpoints;
using Gateway.Server.Routing;
using Gateway.Server.Stores;

namespace Gateway.Server.Telemetry;

/// <summary>What others keep and metrics only look at, when they are asked.</summary>
internal static class GatewayGauges
{
    public static void Register(
        MetricRegistry registry,
        ModelHolder models,
        ISpendStore spend,
        StoreWatches stores,
        BodyMemory bodies,
        TargetStates targets,
        TimeProvider time)
    {
        BuildInfo.Register(registry, "llm_gateway.build_info", typeof(GatewayGauges).Assembly);
        registry.Observe(
            MetricKind.Gauge, "llm_gateway.body_memory", MetricUnit.Bytes, "Bytes that request bodies hold now.", () => bodies.Used);
        registry.Observe(
            MetricKind.Gauge,
            "llm_gateway.target.cooling",
            MetricUnit.One,
            "1 while a target cools down after failures.",
            ["target"],
            () => Targets(models).Select(t => new Sample(targets.Of(t).Read().CoolingUntil > time.GetUtcNow() ? 1 : 0, t.Id)));
        registry.Observe(
            MetricKind.Gauge,
            "llm_gateway.budget.remaining",
            MetricUnit.One,
            "What is left of a budget in its currency or tokens, reservations taken off; never below 0.",
            ["budget", "key"],
            () => Budgets(models, spend).Select(b => new Sample(Math.Max(0, b.Limit - b.Settled - b.Reserved), b.Budget, b.Key ?? "")));
        registry.Observe(
            MetricKind.Gauge,
            "llm_gateway.budget.overshoot",
            MetricUnit.One,
            "By how much calls of this period cost more than was reserved for them: the most by which the budget can be overspent.",
            ["budget", "key"],
            () => Budgets(models, spend).Select(b => new Sample(b.Overshoot, b.Budget, b.Key ?? "")));
        registry.Observe(
            MetricKind.Gauge,
            "llm_gateway.spend_store.failing",
            MetricUnit.One,
            "1 while spend cannot be recorded: calls under a budget or a limit then follow the failure mode.",
            () => spend.Health.IsWritable ? 0 : 1);
        registry.Observe(
            MetricKind.Counter,
            "llm_gateway.spend_store.lost_records",
            MetricUnit.One,
            "Records of the ledger that were given up because the store took none for too long.",
            () => spend.Health.LostRecords);
        registry.Observe(
            MetricKind.Gauge,
            "llm_gateway.store.up",
            MetricUnit.One,
            "1 while a database answers, 0 while it does not.",
            ["store"],
            () => stores.Read().Select(s => new Sample(s.State == StoreState.Connected ? 1 : 0, s.Name)));
    }

    public static string Label(PushResult result) => JsonNamingPolicy.SnakeCaseLower.ConvertName(result.ToString());

    private static IEnumerable<TargetModel> Targets(ModelHolder models) => models.Current?.Routes.SelectMany(r => r.Targets) ?? [];

    private static ImmutableArray<BudgetCounter> Budgets(ModelHolder models, ISpendStore spend) =>
        models.Current is { } model ? spend.Read(model.Budgets) : [];
}
