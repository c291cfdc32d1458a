using System.Collections.Immutable;
using Operator.Api;

namespace Operator.Status;

/// <summary>The resources of one gateway, each with its status. Pure: equal inputs give an equal result.</summary>
internal sealed record ResourceStatuses
{
    /// <summary>The gateway.</summary>
    public required LlmGateway Gateway { get; init; }

    /// <summary>In the order of the inputs, here and below.</summary>
    public required ImmutableArray<ModelRoute> Routes { get; init; }

    /// <summary>The keys.</summary>
    public required ImmutableArray<VirtualKey> Keys { get; init; }

    /// <summary>The budgets.</summary>
    public required ImmutableArray<Budget> Budgets { get; init; }

    /// <summary>What they were computed from.</summary>
    public StatusInputs? From { get; private init; }

    private SpendIndex? Spend { get; init; }

    /// <summary>Computes all of them. An object whose status says what it said before stays the instance that it is.</summary>
    /// <param name="inputs">All that they are made of.</param>
    /// <param name="last">What it came to the last time; null: never. Only spares work, see <see cref="StatusReuse"/>.</param>
    public static ResourceStatuses Of(StatusInputs inputs, ResourceStatuses? last = null)
    {
        var of = inputs.Inputs;
        var verdicts = inputs.Translation.Verdicts;
        var (routesAt, keysAt, budgetsAt) = (1, 1 + of.Routes.Length, 1 + of.Routes.Length + of.Keys.Length);
        var budgets = inputs.Config?.Budgets ?? [];
        var isSameSpend = last?.Spend?.IsOf(budgets, inputs.Counters) ?? false;
        var spend = isSameSpend ? last!.Spend! : new SpendIndex(budgets, inputs.Counters);
        var isSameKnowledge = last?.From is { } before
            && before.CountersTime is null == inputs.CountersTime is null
            && before.UnreadBudgets.SetEquals(inputs.UnreadBudgets);
        var reuse = StatusReuse.Of(inputs, last, isSameSpend && isSameKnowledge);
        return new()
        {
            Gateway = of.Gateway with { Status = GatewayStatus.Of(verdicts[0], inputs) },
            Routes =
            [
                .. of.Routes.Select((r, i) =>
                    reuse?.Holds(r, i) ?? false ? r : With(r, RouteStatus.Of(r, verdicts[routesAt + i], inputs))),
            ],
            Keys =
            [
                .. of.Keys.Select((k, i) =>
                    reuse?.Holds(k, i) ?? false ? k : With(k, KeyStatus.Of(k, verdicts[keysAt + i], spend, inputs))),
            ],
            Budgets = [.. of.Budgets.Select((b, i) => With(b, SpendStatus.Of(b, verdicts[budgetsAt + i], spend, inputs)))],
            From = inputs,
            Spend = spend,
        };
    }

    private static ModelRoute With(ModelRoute of, ModelRouteStatus status) =>
        StatusEquality.Same(of.Status, status) ? of : of with { Status = status };

    private static VirtualKey With(VirtualKey of, VirtualKeyStatus status) =>
        StatusEquality.Same(of.Status, status) ? of : of with { Status = status };

    private static Budget With(Budget of, BudgetStatus status) =>
        StatusEquality.Same(of.Status, status) ? of : of with { Status = status };
}
