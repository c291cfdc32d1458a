namespace Operator.Api.Schema;

/// <summary>
/// Bounds of a string, of each string in a list, or of each value in a map. Schema: <c>maxLength</c>, <c>minLength</c>, <c>pattern</c>,
/// <c>format</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TextAttribute(int maxLength) : Attribute
{
    /// <summary>In Unicode code points.</summary>
    public int MaxLength { get; } = maxLength;

    /// <summary>Default 1: where an empty text means something, the field says so.</summary>
    public int MinLength { get; init; } = 1;

    /// <summary>A pattern that RE2 (the API server) and .NET read alike. It begins with <c>^</c> and ends with <c>$</c>.</summary>
    public string? Pattern { get; init; }

    /// <summary>What the pattern means, in words, for messages: "must be a DNS label".</summary>
    public string? Means { get; init; }

    /// <summary>The value may hold a secret: messages never quote it.</summary>
    public bool Sensitive { get; init; }
}
