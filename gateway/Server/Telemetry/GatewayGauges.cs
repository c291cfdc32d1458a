using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Endpoints;
using Gateway.Server.Routing;

namespace Gateway.Server.Telemetry;

/// <summary>What others keep and metrics only look at, when they are asked.</summary>
internal static class GatewayGauges
{
    public static void Register(
        MetricRegistry registry, ModelHolder models, ISpendStore spend, BodyMemory bodies, TargetStates targets, TimeProvider time)
    {
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
    }

    public static string Label(PushResult result) => JsonNamingPolicy.SnakeCaseLower.ConvertName(result.ToString());

    private static IEnumerable<TargetModel> Targets(ModelHolder models) => models.Current?.Routes.SelectMany(r => r.Targets) ?? [];

    private static ImmutableArray<BudgetCounter> Budgets(ModelHolder models, ISpendStore spend) =>
        models.Current is { } model ? spend.Read(model.Budgets) : [];
}
