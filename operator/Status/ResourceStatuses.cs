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

    /// <summary>Computes all of them.</summary>
    public static ResourceStatuses Of(StatusInputs inputs)
    {
        var of = inputs.Inputs;
        return new()
        {
            Gateway = of.Gateway with { Status = GatewayStatus.Of(inputs) },
            Routes = [.. of.Routes.Select(r => r with { Status = RouteStatus.Of(r, inputs) })],
            Keys = [.. of.Keys.Select(k => k with { Status = KeyStatus.Of(k, inputs) })],
            Budgets = [.. of.Budgets.Select(b => b with { Status = SpendStatus.Of(b, inputs) })],
        };
    }
}
