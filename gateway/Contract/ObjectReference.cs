namespace Gateway.Contract;

/// <summary>
/// The Kubernetes object that a part of the snapshot was made from, so that a refusal can be mapped back to it.
/// </summary>
public sealed record ObjectReference
{
    /// <summary>The kind: <c>LlmGateway</c>, <c>ModelRoute</c>, <c>VirtualKey</c> or <c>Budget</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The object's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The object's name.</summary>
    public required string Name { get; init; }

    /// <summary>The object's uid; empty where there is no API server to give one.</summary>
    public string Uid { get; init; } = "";

    /// <summary>The generation whose spec this is.</summary>
    public long Generation { get; init; }

    /// <summary><c>namespace/name</c>: what counters, ledger rows and messages call the object by.</summary>
    public string Id() => $"{Namespace}/{Name}";
}
