using System.Collections.Immutable;

namespace Operator.Children;

/// <summary>A kind of object that the operator makes for a gateway.</summary>
/// <param name="ApiVersion">Group and version, as written in the object.</param>
/// <param name="Kind">Its name.</param>
/// <param name="Plural">Its name in paths of the API server.</param>
internal sealed record ChildKind(string ApiVersion, string Kind, string Plural)
{
    public static ChildKind ServiceAccount { get; } = new("v1", "ServiceAccount", "serviceaccounts");

    public static ChildKind Secret { get; } = new("v1", "Secret", "secrets");

    public static ChildKind PersistentVolumeClaim { get; } = new("v1", "PersistentVolumeClaim", "persistentvolumeclaims");

    public static ChildKind NetworkPolicy { get; } = new("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies");

    public static ChildKind Service { get; } = new("v1", "Service", "services");

    public static ChildKind Deployment { get; } = new("apps/v1", "Deployment", "deployments");

    public static ChildKind PodDisruptionBudget { get; } = new("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets");

    public static ChildKind HorizontalPodAutoscaler { get; } = new("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers");

    public static ChildKind Ingress { get; } = new("networking.k8s.io/v1", "Ingress", "ingresses");

    /// <summary>Only where the Gateway API is installed, 1.2 or later. https://gateway-api.sigs.k8s.io</summary>
    public static ChildKind HttpRoute { get; } = new("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes");

    /// <summary>
    /// Only where the Prometheus operator is installed.
    /// https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor
    /// </summary>
    public static ChildKind PodMonitor { get; } = new("monitoring.coreos.com/v1", "PodMonitor", "podmonitors");

    /// <summary>All of them, in the order in which they are applied: what pods need comes before the pods.</summary>
    public static ImmutableArray<ChildKind> All { get; } =
    [
        ServiceAccount, Secret, PersistentVolumeClaim, NetworkPolicy, Service, Deployment, PodDisruptionBudget, HorizontalPodAutoscaler,
        Ingress, HttpRoute, PodMonitor,
    ];
}

/// <summary>A child among those of one gateway; all of them live in its namespace.</summary>
internal readonly record struct ChildId(ChildKind Kind, string Name)
{
    public override string ToString() => $"{Kind.Kind} {Name}";
}
