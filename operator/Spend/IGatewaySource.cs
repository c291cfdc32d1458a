using System.Collections.Immutable;
using Operator.Kubernetes;
using Operator.Push;

namespace Operator.Spend;

/// <summary>
/// Where gateways are found, and how their admin ports are reached. What is missing is an <see cref="IOException"/> with one sentence for
/// people, which says what to do.
/// </summary>
internal interface IGatewaySource
{
    /// <summary>Those that there are, in the order of their names.</summary>
    Task<ImmutableArray<ObjectKey>> FindAsync(CancellationToken cancellation);

    /// <summary>The admin port of one of its pods. The caller disposes it.</summary>
    Task<AdminReach> ReachAsync(ObjectKey gateway, CancellationToken cancellation);
}

/// <summary>An admin port that can be asked.</summary>
/// <param name="Pod">Whom it is of, and where it is reached.</param>
/// <param name="Access">How to come in.</param>
/// <param name="Hint">What to do where it does not answer, for people.</param>
/// <param name="Tunnel">Leads there; null: none is needed.</param>
internal sealed record AdminReach(PodEndpoint Pod, AdminAccess Access, Func<string> Hint, IAsyncDisposable? Tunnel = null)
    : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Tunnel?.DisposeAsync() ?? ValueTask.CompletedTask;
}
