using System.Collections.Immutable;
using Operator.Api;
using Operator.Translate;

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

    /// <summary>Computes all of them.</summary>
    public static ResourceStatuses Of(StatusInputs inputs)
    {
        var of = inputs.Inputs;
        var verdicts = inputs.Translation.Verdicts.ToDictionary(v => (v.Object.Kind, v.Object.Id()));
        var spend = new SpendIndex(inputs.Config, inputs.Counters);
        return new()
        {
            Gateway = of.Gateway with { Status = GatewayStatus.Of(VerdictOn(of.Gateway), inputs) },
            Routes = [.. of.Routes.Select(r => With(r, RouteStatus.Of(r, VerdictOn(r), inputs)))],
            Keys = [.. of.Keys.Select(k => With(k, KeyStatus.Of(k, VerdictOn(k), spend, inputs)))],
            Budgets = [.. of.Budgets.Select(b => With(b, SpendStatus.Of(b, VerdictOn(b), spend, inputs)))],
        };

        Verdict VerdictOn(KubernetesObject o) => verdicts[(o.Kind, o.Id())];
    }

    // Of thousands few change: an object whose status says the same stays the instance that it is.
    private static ModelRoute With(ModelRoute of, ModelRouteStatus status) =>
        StatusEquality.Same(of.Status, status) ? of : of with { Status = status };

    private static VirtualKey With(VirtualKey of, VirtualKeyStatus status) =>
        StatusEquality.Same(of.Status, status) ? of : of with { Status = status };

    private static Budget With(Budget of, BudgetStatus status) =>
        StatusEquality.Same(of.Status, status) ? of : of with { Status = status };
}
