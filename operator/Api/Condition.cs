using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>
/// One aspect of an object's state.
/// https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
/// </summary>
internal sealed record Condition
{
    /// <summary>The aspect, as `Ready` or `Programmed`.</summary>
    [Text(316)]
    public required string Type { get; init; }

    /// <summary>Whether it holds.</summary>
    public required ConditionStatus Status { get; init; }

    /// <summary>The generation that this condition speaks of.</summary>
    [Bounds(0, BoundsAttribute.MaxExact)]
    public long ObservedGeneration { get; init; }

    /// <summary>When the status changed last.</summary>
    public required DateTimeOffset LastTransitionTime { get; init; }

    /// <summary>Why, in one word for programs.</summary>
    [Text(1024)]
    public required string Reason { get; init; }

    /// <summary>Why, for people.</summary>
    [Text(32_768, MinLength = 0)]
    public required string Message { get; init; }
}

/// <summary>Whether a condition holds.</summary>
internal enum ConditionStatus
{
    /// <summary>It holds.</summary>
    True,

    /// <summary>It does not.</summary>
    False,

    /// <summary>Nobody can tell now.</summary>
    Unknown,
}
