namespace Gateway.Server.Budget;

/// <summary>Bounds the free text of a row: callers choose it, and a request may be 32 MiB long.</summary>
internal static class LedgerText
{
    public const int MaxLength = 256;

    public const int MaxTags = 32;

    /// <summary>A provider's raw usage is a few hundred bytes; what is far longer is left out rather than cut.</summary>
    public const int MaxRawLength = 8 * 1024;

    public static CallFacts Bound(CallFacts facts)
    {
        if (!IsLong(facts.EndUser) && !IsLong(facts.Session) && !IsLong(facts.Model) && facts.Tags.Length <= MaxTags
            && !facts.Tags.Any(IsLong))
            return facts;
        return facts with
        {
            Model = Cut(facts.Model)!,
            EndUser = Cut(facts.EndUser),
            Session = Cut(facts.Session),
            Tags = [.. facts.Tags.Take(MaxTags).Select(tag => Cut(tag)!)],
        };
    }

    public static Settlement Bound(Settlement settlement) => settlement.Usage.Raw is { Length: > MaxRawLength }
        ? settlement with { Usage = settlement.Usage with { Raw = null } }
        : settlement;

    private static bool IsLong(string? text) => text?.Length > MaxLength;

    private static string? Cut(string? text)
    {
        if (text is null || text.Length <= MaxLength)
            return text;
        return text[..(char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
    }
}
