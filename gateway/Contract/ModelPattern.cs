namespace Gateway.Contract;

/// <summary>
/// A model name, or one with a single leading or trailing <c>*</c>. Comparison is ordinal: providers tell letter case apart.
/// </summary>
/// <remarks>Among patterns that match, exact beats the longest prefix or suffix, which beats <c>*</c>.</remarks>
public readonly record struct ModelPattern
{
    private readonly PatternKind _kind;

    private ModelPattern(PatternKind kind, string text)
    {
        _kind = kind;
        Text = text;
    }

    private enum PatternKind
    {
        Exact,
        Prefix,
        Suffix,
    }

    /// <summary>The fixed part, without the <c>*</c>.</summary>
    public string Text { get; }

    /// <summary>True without a <c>*</c>.</summary>
    public bool IsExact => _kind == PatternKind.Exact;

    /// <summary>Higher wins.</summary>
    public int Specificity => IsExact ? int.MaxValue : Text.Length;

    /// <summary>False for an empty text and for any <c>*</c> that is not the first or last character.</summary>
    public static bool TryParse(string text, out ModelPattern pattern)
    {
        ArgumentNullException.ThrowIfNull(text);
        var star = text.IndexOf('*', StringComparison.Ordinal);
        pattern = star switch
        {
            < 0 => new(PatternKind.Exact, text),
            _ when star == text.Length - 1 => new(PatternKind.Prefix, text[..^1]),
            0 => new(PatternKind.Suffix, text[1..]),
            _ => new(PatternKind.Exact, ""),
        };
        return text.Length > 0 && (pattern.Text.Length > 0 || text == "*") && !pattern.Text.Contains('*', StringComparison.Ordinal);
    }

    /// <summary>Whether the name falls under the pattern.</summary>
    public bool Matches(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _kind switch
        {
            PatternKind.Exact => string.Equals(name, Text, StringComparison.Ordinal),
            PatternKind.Prefix => name.StartsWith(Text, StringComparison.Ordinal),
            _ => name.EndsWith(Text, StringComparison.Ordinal),
        };
    }

    /// <summary>As it was written.</summary>
    public override string ToString() => _kind switch
    {
        PatternKind.Prefix => Text + "*",
        PatternKind.Suffix => "*" + Text,
        _ => Text,
    };
}
