using Operator.Api;

namespace Operator.Children;

/// <summary>The ServiceAccount of the pods, unless the gateway names one. It may do nothing, and its token is not mounted.</summary>
internal static class ServiceAccountChild
{
    public static Child? Of(LlmGateway gateway) => gateway.Spec.ServiceAccount.Name is not null
        ? null
        : ManifestJson.Child(
            gateway,
            new(ChildKind.ServiceAccount, ChildNames.Own(gateway.Metadata.Name)),
            new() { ["automountServiceAccountToken"] = false },
            gateway.Spec.ServiceAccount.Annotations);
}
