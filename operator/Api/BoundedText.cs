namespace Operator.Api;

/// <summary>
/// Texts for people that may be of any length. An object with one that is longer than its schema allows is refused as a whole, and one that
/// ends in half a character cannot be written.
/// </summary>
internal static class BoundedText
{
    /// <summary>Of the message of a condition; far below what the schema allows, as there are thousands of objects.</summary>
    public const int MaxMessage = 4096;

    /// <summary>The text, or its beginning and an ellipsis.</summary>
    /// <param name="text">Any.</param>
    /// <param name="max">With the ellipsis, in UTF-16 units, at least 2; a schema counts characters, which are never more.</param>
    public static string Cut(string text, int max)
    {
        if (text.Length <= max)
            return text;
        var end = char.IsHighSurrogate(text[max - 2]) ? max - 2 : max - 1;
        return string.Concat(text.AsSpan(0, end), "…");
    }
}
