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
            Routes = [.. of.Routes.Select(r => r with { Status = RouteStatus.Of(r, VerdictOn(r), inputs) })],
            Keys = [.. of.Keys.Select(k => k with { Status = KeyStatus.Of(k, VerdictOn(k), spend, inputs) })],
            Budgets = [.. of.Budgets.Select(b => b with { Status = SpendStatus.Of(b, VerdictOn(b), spend, inputs) })],
        };

        Verdict VerdictOn(KubernetesObject o) => verdicts[(o.Kind, o.Id())];
    }
}
