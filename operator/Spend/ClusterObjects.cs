using System.Collections.Immutable;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;
using Operator.Push;
using Operator.Reconcile;

namespace Operator.Spend;

/// <summary>From the objects of a cluster to what a report needs of them, whoever has read them.</summary>
internal static class ClusterObjects
{
    /// <summary>One pod that serves, since any of them can tell the spend of all. One that is being deleted is the last choice.</summary>
    public static Pod Choose(ObjectKey gateway, IEnumerable<Pod> pods) =>
        GatewayPods.Of(gateway, pods).All
            .Where(p => p.IsRunning)
            .OrderByDescending(p => p.IsReady)
            .ThenBy(p => p.Metadata.DeletionTimestamp is not null)
            .FirstOrDefault()
        ?? throw new IOException($"no pod of the LlmGateway {gateway} runs: `kubectl describe llmgateway {gateway.Name}` says why");

    /// <summary>How the Secret says that one comes in.</summary>
    public static AdminAccess Access(ObjectKey gateway, Secret secret) =>
        AdminFiles.Read(secret) is { } files && AdminRotation.IsUsable(files)
            ? AdminRotation.Access(files)
            : throw new IOException($"the Secret {secret.Id()} has no certificate and token: the operator writes it anew while it runs");

    /// <summary>Their names.</summary>
    public static ImmutableArray<ObjectKey> Keys(IEnumerable<PartialObjectMetadata> objects) =>
        [.. objects.Select(ObjectKey.Of).OrderBy(k => k.Namespace, StringComparer.Ordinal).ThenBy(k => k.Name, StringComparer.Ordinal)];
}
