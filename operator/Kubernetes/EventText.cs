using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>One event before it is sent.</summary>
internal sealed record EventText
{
    /// <summary>What it is about.</summary>
    public required KubernetesObject Regarding { get; init; }

    /// <summary>Whether somebody should look.</summary>
    public EventType Type { get; init; } = EventType.Normal;

    /// <summary>Why, in one word that never changes its meaning; at most 128 characters.</summary>
    public required string Reason { get; init; }

    /// <summary>What was done, in one word; at most 128 characters.</summary>
    public required string Action { get; init; }

    /// <summary>For people. Longer than 1,024 bytes it is cut.</summary>
    public required string Note { get; init; }
}

/// <summary>Whether somebody should look.</summary>
internal enum EventType
{
    /// <summary>All is well.</summary>
    Normal,

    /// <summary>Something is wrong.</summary>
    Warning,
}
