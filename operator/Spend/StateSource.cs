using System.Collections.Immutable;
using Operator.Kubernetes;
using Operator.Push;
using Operator.Standalone.Process;
using Operator.Standalone.State;

namespace Operator.Spend;

/// <summary>The gateway that standalone mode serves on this machine, by what it keeps in its state folder.</summary>
internal sealed class StateSource(string state) : IGatewaySource
{
    private const string Remedy = "reports are made while `operator standalone` (`make run`) serves it";

    public Task<ImmutableArray<ObjectKey>> FindAsync(CancellationToken cancellation)
    {
        ImmutableArray<ObjectKey> all = [.. StateFolder.Gateways(state)];
        var served = all.RemoveAll(g => GatewayAddresses.Read(StateFolder.Of(state, g).DataFolder) is null);
        return Task.FromResult(served.IsEmpty ? all : served);
    }

    public Task<AdminReach> ReachAsync(ObjectKey gateway, CancellationToken cancellation)
    {
        var kept = StateFolder.Of(state, gateway);
        if (GatewayAddresses.Read(kept.DataFolder) is not { } addresses || kept.ReadAccess() is not { } access)
            throw new IOException($"the LlmGateway {gateway} is not served: {Remedy}");
        var endpoint = new PodEndpoint { Name = "gateway", Address = new(addresses.Admin) };
        return Task.FromResult(new AdminReach(endpoint, access, () => Remedy));
    }
}
