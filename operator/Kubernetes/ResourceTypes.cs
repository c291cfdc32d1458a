using System.Reflection;
using Operator.Api;
using Operator.Api.Schema;

namespace Operator.Kubernetes;

/// <summary>The kinds that the operator reads or writes as typed objects.</summary>
internal static class ResourceTypes
{
    public static ResourceType<LlmGateway> LlmGateways { get; } = Own<LlmGateway>();

    public static ResourceType<ModelRoute> ModelRoutes { get; } = Own<ModelRoute>();

    public static ResourceType<VirtualKey> VirtualKeys { get; } = Own<VirtualKey>();

    public static ResourceType<Budget> Budgets { get; } = Own<Budget>();

    public static ResourceType<Secret> Secrets { get; } = new() { ApiVersion = "v1", Plural = "secrets" };

    public static ResourceType<ConfigMap> ConfigMaps { get; } = new() { ApiVersion = "v1", Plural = "configmaps" };

    public static ResourceType<Namespace> Namespaces { get; } = new() { ApiVersion = "v1", Plural = "namespaces", IsNamespaced = false };

    public static ResourceType<Pod> Pods { get; } = new() { ApiVersion = "v1", Plural = "pods" };

    public static ResourceType<Lease> Leases { get; } = new() { ApiVersion = Lease.GroupVersion, Plural = "leases" };

    public static ResourceType<EventObject> Events { get; } = new() { ApiVersion = EventObject.GroupVersion, Plural = "events" };

    private static ResourceType<T> Own<T>()
        where T : KubernetesObject =>
        new() { ApiVersion = ResourceGroup.ApiVersion, Plural = typeof(T).GetCustomAttribute<ResourceAttribute>()!.Plural };
}
