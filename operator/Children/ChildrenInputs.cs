using System.Collections.Immutable;
using Operator.Api;

namespace Operator.Children;

/// <summary>All that a gateway's children are made from.</summary>
internal sealed record ChildrenInputs
{
    /// <summary>The version of the gateway that is in force: one without a fault of its own.</summary>
    public required LlmGateway Gateway { get; init; }

    /// <summary>The operator and its cluster.</summary>
    public required OperatorFacts Operator { get; init; }

    /// <summary>What the admin port is secured with; null: that is in its Secret, which cannot be read and stays as it is.</summary>
    public required AdminFiles? Admin { get; init; }

    /// <summary>The Secrets that <c>postgres</c> and <c>redis</c> name, as far as they are there.</summary>
    public ImmutableArray<Secret> StoreSecrets { get; init; } = [];

    /// <summary>
    /// The fingerprint of those, as the pods show it, where one cannot be read: that is no reason to replace pods. Null: all are known.
    /// </summary>
    public string? FormerFingerprint { get; init; }
}

/// <summary>What an operator knows of itself and of its cluster; the same for all gateways.</summary>
internal sealed record OperatorFacts
{
    /// <summary>Where its pods run.</summary>
    public required string Namespace { get; init; }

    /// <summary>Labels that its pods have and no others in that namespace.</summary>
    public required ImmutableSortedDictionary<string, string> PodLabels { get; init; }

    /// <summary>The image of gateways that name none.</summary>
    public required string GatewayImage { get; init; }

    /// <summary>Whether the cluster knows HTTPRoutes.</summary>
    public bool HasHttpRoutes { get; init; }

    /// <summary>Whether the cluster knows PodMonitors.</summary>
    public bool HasPodMonitors { get; init; }
}
