using System.Collections.Immutable;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;
using Operator.Push;

namespace Operator.Spend;

/// <summary>
/// Gateways of a cluster by kubectl, which knows every way to log in and every protocol of a tunnel to a pod. TLS goes through the tunnel:
/// who holds its other end sees neither the token nor the report.
/// </summary>
internal sealed class KubectlSource(Kubectl kubectl, string? @namespace, bool allNamespaces) : IGatewaySource
{
    public async Task<ImmutableArray<ObjectKey>> FindAsync(CancellationToken cancellation)
    {
        string[] where = allNamespaces ? ["--all-namespaces"] : @namespace is null ? [] : ["--namespace", @namespace];
        var kind = $"{ResourceTypes.LlmGateways.Plural}.{ResourceGroup.Name}";
        return ClusterObjects.Keys(await ListAsync<PartialObjectMetadata>(["get", kind, "--output=json", .. where], cancellation));
    }

    public async Task<AdminReach> ReachAsync(ObjectKey gateway, CancellationToken cancellation)
    {
        string[] where = ["--namespace", gateway.Namespace];
        string[] pods = ["get", "pods", "--output=json", "--selector", ChildLabels.SelectorText(gateway.Name), .. where];
        var pod = ClusterObjects.Choose(gateway, await ListAsync<Pod>(pods, cancellation));
        var json = await kubectl.RunAsync(["get", "secret", ChildNames.Admin(gateway.Name), "--output=json", .. where], cancellation);
        var access = ClusterObjects.Access(gateway, Value(ObjectReader.Read<Secret>(json)));
        var tunnel = await kubectl.ForwardAsync(ObjectKey.Of(pod), PodPorts.Admin, cancellation);
        return new(new PodEndpoint { Name = pod.Metadata.Name, Address = tunnel.Address }, access, () => tunnel.Said, tunnel);
    }

    private async Task<ImmutableArray<T>> ListAsync<T>(string[] arguments, CancellationToken cancellation)
        where T : KubernetesObject =>
        Value(ObjectReader.ReadList<T>(await kubectl.RunAsync(arguments, cancellation), keep: null)).Items;

    private static T Value<T>(ApiOutcome<T> outcome)
        where T : class =>
        outcome.Value ?? throw new IOException($"kubectl has printed what is no object: {outcome.Failure}");
}
