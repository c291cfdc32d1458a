using System.Collections.Immutable;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>What a key is.</summary>
internal sealed record VirtualKeyStatus : ResourceStatus
{
    /// <summary>The public part of the key.</summary>
    [Text(64)]
    public string? KeyId { get; init; }

    /// <summary>How the key begins, to recognise it by.</summary>
    [Text(64)]
    public string? KeyPrefix { get; init; }

    /// <summary>Where the key stands.</summary>
    public SecretKeyReference? SecretRef { get; init; }

    /// <summary>When the key was made.</summary>
    public DateTimeOffset? LastRotationTime { get; init; }

    /// <summary>When the next one is made.</summary>
    public DateTimeOffset? NextRotationTime { get; init; }

    /// <summary>Until when the one before is taken as well.</summary>
    public DateTimeOffset? PreviousKeyExpirationTime { get; init; }

    /// <summary>The last value of the annotation `llmgateway.dev/rotate` that was acted on.</summary>
    [Text(253)]
    public string? ObservedRotateAnnotation { get; init; }

    /// <summary>Budgets that select the key, at most 16 of them.</summary>
    [Items(16)]
    public ImmutableArray<KeyBudgetStatus> Budgets { get; init; } = [];
}

/// <summary>A Budget that selects a key.</summary>
internal sealed record KeyBudgetStatus
{
    /// <summary>Its namespace.</summary>
    [Text(63)]
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    [Text(253)]
    public required string Name { get; init; }

    /// <summary>Whether it refuses calls of this key now.</summary>
    public bool Exceeded { get; init; }
}
