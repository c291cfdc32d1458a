namespace Support.ApiServer;

/// <summary>A kind that the server knows.</summary>
/// <param name="ApiVersion"><c>v1</c> or <c>group/version</c>.</param>
/// <param name="Plural">As in the URL.</param>
/// <param name="Kind">The kind.</param>
public sealed record ApiKind(string ApiVersion, string Plural, string Kind)
{
    /// <summary>False where its objects belong to the cluster. Default true.</summary>
    public bool IsNamespaced { get; init; } = true;

    /// <summary>Its status is written by the subresource only; its generation rises with each change beside status and metadata.</summary>
    public bool HasStatus { get; init; }

    /// <summary>The group; empty for the core.</summary>
    public string Group => ApiVersion.Contains('/') ? ApiVersion[..ApiVersion.IndexOf('/')] : "";

    /// <summary>Items of a list say their kind only where the kind is a custom one.</summary>
    public bool IsCustom => Group.EndsWith(".dev", StringComparison.Ordinal);

    /// <summary>What an operator of gateways touches.</summary>
    public static IReadOnlyList<ApiKind> All { get; } =
    [
        new("llmgateway.dev/v1alpha1", "llmgateways", "LlmGateway") { HasStatus = true },
        new("llmgateway.dev/v1alpha1", "modelroutes", "ModelRoute") { HasStatus = true },
        new("llmgateway.dev/v1alpha1", "virtualkeys", "VirtualKey") { HasStatus = true },
        new("llmgateway.dev/v1alpha1", "budgets", "Budget") { HasStatus = true },
        new("v1", "namespaces", "Namespace") { IsNamespaced = false, HasStatus = true },
        new("v1", "secrets", "Secret"),
        new("v1", "configmaps", "ConfigMap"),
        new("v1", "services", "Service") { HasStatus = true },
        new("v1", "serviceaccounts", "ServiceAccount"),
        new("v1", "pods", "Pod") { HasStatus = true },
        new("v1", "persistentvolumeclaims", "PersistentVolumeClaim") { HasStatus = true },
        new("apps/v1", "deployments", "Deployment") { HasStatus = true },
        new("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler") { HasStatus = true },
        new("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget") { HasStatus = true },
        new("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy"),
        new("networking.k8s.io/v1", "ingresses", "Ingress") { HasStatus = true },
        new("gateway.networking.k8s.io/v1", "httproutes", "HTTPRoute") { HasStatus = true },
        new("monitoring.coreos.com/v1", "podmonitors", "PodMonitor"),
        new("coordination.k8s.io/v1", "leases", "Lease"),
        new("events.k8s.io/v1", "events", "Event"),
        new("authorization.k8s.io/v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview") { IsNamespaced = false },
    ];
}
