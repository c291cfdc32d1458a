using System.Collections.Immutable;
using Operator.Children;
using Operator.Kubernetes;
using Operator.Push;

namespace Operator.Spend;

/// <summary>
/// Gateways of a cluster by the API server, their pods by their own addresses: from within the cluster, where there is no kubectl.
/// </summary>
internal sealed class ApiSource(KubernetesClient client, string? @namespace) : IGatewaySource
{
    public async Task<ImmutableArray<ObjectKey>> FindAsync(CancellationToken cancellation)
    {
        var gateways = ResourceTypes.LlmGateways.MetadataOnly();
        var found = Value(await client.ListAsync(gateways, new() { Namespace = @namespace }, cancellation));
        return ClusterObjects.Keys(found.Items);
    }

    public async Task<AdminReach> ReachAsync(ObjectKey gateway, CancellationToken cancellation)
    {
        var of = new ListRequest { Namespace = gateway.Namespace, LabelSelector = ChildLabels.SelectorText(gateway.Name) };
        var pods = Value(await client.ListAsync(ResourceTypes.Pods, of, cancellation));
        var pod = ClusterObjects.Choose(gateway, pods.Items);
        var name = new ObjectKey(gateway.Namespace, ChildNames.Admin(gateway.Name));
        var secret = Value(await client.GetAsync(ResourceTypes.Secrets, name, cancellation));
        var endpoint = new PodEndpoint
        {
            Name = pod.Metadata.Name,
            Address = new UriBuilder("https", pod.Status.PodIp!, PodPorts.Admin).Uri,
        };
        return new(endpoint, ClusterObjects.Access(gateway, secret), () => "from outside of the cluster kubectl must be on the PATH");
    }

    private static T Value<T>(ApiOutcome<T> outcome)
        where T : class =>
        outcome.Value ?? throw new IOException($"the API server says {outcome.Failure}");
}
