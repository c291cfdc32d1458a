using System.Collections.Immutable;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Watch;

namespace Operator.Reconcile;

/// <summary>The resources that name one LlmGateway.</summary>
internal sealed record Attached
{
    public required ImmutableArray<ModelRoute> Routes { get; init; }

    public required ImmutableArray<VirtualKey> Keys { get; init; }

    public required ImmutableArray<Budget> Budgets { get; init; }

    /// <summary>As the watches know them now.</summary>
    public static Attached To(ObjectKey gateway, ClusterView view) => new()
    {
        Routes = [.. view.Routes.Snapshot.Objects.Values.Where(r => IsFor(gateway, r))],
        Keys = [.. view.Keys.Snapshot.Objects.Values.Where(k => IsFor(gateway, k.Spec.GatewayRef, k))],
        Budgets = [.. view.Budgets.Snapshot.Objects.Values.Where(b => IsFor(gateway, b.Spec.GatewayRef, b))],
    };

    /// <summary>A route lives beside its gateways.</summary>
    public static bool IsFor(ObjectKey gateway, ModelRoute route) =>
        route.Metadata.Namespace == gateway.Namespace && route.Spec.GatewayRefs.Any(r => r.Name == gateway.Name);

    /// <summary>Keys and budgets may come from elsewhere.</summary>
    public static bool IsFor(ObjectKey gateway, GatewayReference reference, KubernetesObject of) =>
        reference.Name == gateway.Name && (reference.Namespace ?? of.Metadata.Namespace) == gateway.Namespace;
}
