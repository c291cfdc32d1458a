namespace Operator.Api.Schema;

/// <summary>Bounds of an integer, or of each integer in a list. Schema: <c>minimum</c>, <c>maximum</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class BoundsAttribute(long min, long max) : Attribute
{
    /// <summary>The largest integer that every JSON reader keeps exactly, 2⁵³ − 1.</summary>
    public const long MaxExact = 9_007_199_254_740_991;

    /// <summary>Lowest allowed.</summary>
    public long Min { get; } = min;

    /// <summary>Highest allowed.</summary>
    public long Max { get; } = max;
}
