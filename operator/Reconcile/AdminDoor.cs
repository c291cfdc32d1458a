using System.Collections.Immutable;
using Operator.Api;
using Operator.Children;
using Operator.Push;

namespace Operator.Reconcile;

/// <summary>
/// How the operator comes in to the admin ports of one gateway's pods: what is in their Secret, and a client that uses it.
/// </summary>
internal sealed class AdminDoor : IDisposable
{
    private readonly LlmGateway _gateway;
    private Secret? _known;
    private volatile AdminAccess _access = new() { Tokens = [], Pins = [] };

    public AdminDoor(LlmGateway gateway, TimeSpan timeout, TimeProvider time)
    {
        _gateway = gateway;
        Client = new(() => _access, timeout, time);
        Files = AdminRotation.Advance(null, gateway.Metadata.Name, time.GetUtcNow());
    }

    /// <summary>To push with.</summary>
    public AdminClient Client { get; }

    /// <summary>What the Secret shall hold. Where it was deleted, edited to nonsense, or cannot be read, what it held before.</summary>
    public AdminFiles Files { get; private set; }

    /// <summary>Takes what the Secret holds, if it is this gateway's own, and rotates what is old.</summary>
    public void Know(ImmutableArray<Secret> secrets, DateTimeOffset now)
    {
        var name = ChildNames.Admin(_gateway.Metadata.Name);
        var secret = secrets.FirstOrDefault(s => s.Metadata.Name == name
            && s.Metadata.Namespace == _gateway.Metadata.Namespace
            && Pruning.IsControlled(_gateway, s.Metadata));
        if (secret is not null && !ReferenceEquals(secret, _known) && AdminFiles.Read(secret) is { } read && AdminRotation.IsUsable(read))
            Files = read;
        _known = secret;
        Files = AdminRotation.Advance(Files, _gateway.Metadata.Name, now);
        _access = AdminRotation.Access(Files);
    }

    public void Dispose() => Client.Dispose();
}
