using System.Collections.Immutable;
using Operator.Kubernetes;

namespace Operator.Hosting;

/// <summary>
/// Everything that the operator may ask of an API server. The roles in <c>config/rbac</c> and of the chart grant this and no more; a call
/// that is not listed here would be refused in a cluster.
/// </summary>
internal static class Permissions
{
    private static readonly ImmutableArray<string> s_read = ["get", "list", "watch"];

    /// <summary>Server-side apply is a patch, and where the object is not there yet a creation too.</summary>
    private static readonly ImmutableArray<string> s_own = ["create", "delete", "get", "list", "patch", "watch"];

    /// <summary>What a gateway has as long as it is there is never pruned: it goes with its owner, and a claim with nobody.</summary>
    private static readonly ImmutableArray<string> s_keep = ["create", "get", "list", "patch", "watch"];

    /// <summary>In each watched namespace, or everywhere.</summary>
    public static ImmutableArray<Permission> Watched { get; } =
    [
        new("llmgateway.dev", "llmgateways", s_read),
        new("llmgateway.dev", "modelroutes", s_read),
        new("llmgateway.dev", "virtualkeys", s_read),
        new("llmgateway.dev", "budgets", s_read),
        new("llmgateway.dev", "llmgateways/status", ["patch"]),
        new("llmgateway.dev", "modelroutes/status", ["patch"]),
        new("llmgateway.dev", "virtualkeys/status", ["patch"]),
        new("llmgateway.dev", "budgets/status", ["patch"]),

        // Children name their owner with blockOwnerDeletion, which some clusters admit only from who may set its finalizers.
        // https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#ownerreferencespermissionenforcement
        new("llmgateway.dev", "llmgateways/finalizers", ["update"]),
        new("llmgateway.dev", "virtualkeys/finalizers", ["update"]),

        // Credentials, the keys that are made, and the config of the pods. Watched by metadata only.
        new("", "secrets", s_keep),
        new("", "serviceaccounts", s_own),
        new("", "services", s_keep),
        new("", "persistentvolumeclaims", s_keep),
        new("apps", "deployments", s_keep),
        new("autoscaling", "horizontalpodautoscalers", s_own),
        new("policy", "poddisruptionbudgets", s_own),
        new("networking.k8s.io", "networkpolicies", s_own),
        new("networking.k8s.io", "ingresses", s_own),
        new("gateway.networking.k8s.io", "httproutes", s_own),
        new("monitoring.coreos.com", "podmonitors", s_own),

        // The pods that the config is pushed to.
        new("", "pods", s_read),
        new("events.k8s.io", "events", ["create", "patch"]),
    ];

    /// <summary>In the cluster as a whole: labels of namespaces, for selectors. Without it such selectors select nothing.</summary>
    public static ImmutableArray<Permission> Cluster { get; } = [new("", "namespaces", s_read)];

    /// <summary>In the operator's own namespace: the lease that says who leads, and the ServiceAccount that it goes with.</summary>
    public static ImmutableArray<Permission> Home { get; } =
        [new("", "serviceaccounts", ["get"]), new("coordination.k8s.io", "leases", ["create", "get", "patch"])];

    /// <summary>In the operator's own namespace too, where it is given objects to apply (<see cref="GivenObjects"/>).</summary>
    public static ImmutableArray<Permission> Given { get; } =
    [
        new("", "configmaps", ["get"]),
        .. GivenObjects.Kinds.Values.Select(t => new Permission("llmgateway.dev", t.Plural, ["create", "delete", "patch"])),
    ];
}

/// <summary>One thing that may be done.</summary>
/// <param name="Group">API group; empty: the core.</param>
/// <param name="Resource">Plural name, with its subresource where one is meant.</param>
/// <param name="Verbs">https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb</param>
internal sealed record Permission(string Group, string Resource, ImmutableArray<string> Verbs)
{
    /// <summary>Each verb, asked of the API server.</summary>
    /// <param name="namespace">Where; empty: everywhere.</param>
    /// <param name="name">Of one object; empty: any.</param>
    public IEnumerable<AccessQuestion> Questions(string @namespace, string name = "") =>
        Verbs.Select(verb => new AccessQuestion(verb, Group, Resource, @namespace, name));
}
