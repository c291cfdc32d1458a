namespace Operator.Api.Schema;

/// <summary>Bounds of a map. Schema: <c>maxProperties</c>; the bounds of its keys are CEL, since a schema has no word for them.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class EntriesAttribute(int max) : Attribute
{
    /// <summary>Most entries.</summary>
    public int Max { get; } = max;

    /// <summary>Length of a key in Unicode code points.</summary>
    public int KeyMaxLength { get; init; } = 253;

    /// <summary>Pattern of a key, as in <see cref="TextAttribute.Pattern"/>.</summary>
    public string? KeyPattern { get; init; }

    /// <summary>What the pattern means, in words.</summary>
    public string? KeyMeans { get; init; }

    /// <summary>What the length means, in words.</summary>
    public string KeyLengthMeans => $"a key must have 1 to {KeyMaxLength} characters";
}
