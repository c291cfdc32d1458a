using System.Collections.Immutable;
using Operator.Api;
using Operator.Api.Schema;

namespace Operator.Children;

/// <summary>From a gateway to the objects that make it run. Pure: equal inputs give equal objects.</summary>
internal static class GatewayChildren
{
    /// <summary>Never fails for a gateway without faults of its own; what the cluster cannot give is a problem.</summary>
    public static DesiredChildren Build(ChildrenInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var gateway = inputs.Gateway;
        Child?[] all =
        [
            ServiceAccountChild.Of(gateway),
            AdminFiles.Of(inputs),
            StateVolume.ClaimOf(gateway),
            NetworkPolicyChild.Of(inputs),
            ServiceChild.Of(gateway),
            DeploymentChild.Of(inputs),
            DisruptionBudgetChild.Of(gateway),
            AutoscalerChild.Of(gateway),
            ExposureChild.Of(inputs),
            PodMonitorChild.Of(inputs),
        ];
        return new()
        {
            Objects = [.. all.OfType<Child>()],
            Kept = inputs.Admin is null ? DurableCopy(gateway).Add(AdminFiles.IdOf(gateway)) : DurableCopy(gateway),
            Problems = [.. new[] { ExposureChild.Problem(inputs) }.OfType<FieldProblem>()],
        };
    }

    private static ImmutableArray<ChildId> DurableCopy(LlmGateway gateway)
    {
        var name = gateway.Metadata.Name;
        var slots = ChildNames.ConfigSlots().Select(s => ChildNames.ConfigSlot(name, s.Set, s.Slot));
        return [.. slots.Prepend(ChildNames.ConfigIndex(name)).Select(n => new ChildId(ChildKind.Secret, n))];
    }
}
