namespace Gateway.Server.Metering;

/// <summary>
/// Usage in one normal form for all providers. The counts are disjoint, except that <see cref="Reasoning"/> is inside
/// <see cref="Output"/>. Null means "not reported", which is not zero.
/// </summary>
/// <remarks>
/// A provider may report anything. In sums and prices every count is taken as no less than 0 and no more than <see cref="MaxCount"/>, so
/// that none can overflow or earn money; <see cref="Raw"/> keeps what was said.
/// </remarks>
internal sealed record TokenUsage
{
    /// <summary>A trillion: far above any call, far below what could overflow.</summary>
    public const long MaxCount = 1_000_000_000_000;

    /// <summary>Text tokens of the prompt that no cache served.</summary>
    public long? InputUncached { get; init; }

    /// <summary>Prompt tokens read from the provider's cache.</summary>
    public long? CacheRead { get; init; }

    /// <summary>Prompt tokens written to it for five minutes.</summary>
    public long? CacheWrite5m { get; init; }

    /// <summary>Prompt tokens written to it for an hour.</summary>
    public long? CacheWrite1h { get; init; }

    /// <summary>Audio tokens of the prompt.</summary>
    public long? AudioInput { get; init; }

    /// <summary>Answer tokens, reasoning included, audio not.</summary>
    public long? Output { get; init; }

    /// <summary>Part of <see cref="Output"/>.</summary>
    public long? Reasoning { get; init; }

    /// <summary>Audio tokens of the answer.</summary>
    public long? AudioOutput { get; init; }

    /// <summary>Searches of the web that the provider ran and charges one by one.</summary>
    public long? WebSearches { get; init; }

    /// <summary>As <see cref="WebSearches"/>, in files that were uploaded to it.</summary>
    public long? FileSearches { get; init; }

    /// <summary>
    /// Tokens of the largest prompt, where the call ran a model several times: prices by size of prompt go by it. Null: it ran once.
    /// </summary>
    public long? LargestPrompt { get; init; }

    /// <summary>As the answer reports it; null: the standard one.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>
    /// True where a figure that decides the cost is not the provider's: it was not reported, or could not be true, or names a tier or
    /// another model or a tool whose rates are not known.
    /// </summary>
    public bool Estimated { get; init; }

    /// <summary>The provider's own usage object, as JSON text.</summary>
    public string? Raw { get; init; }

    public long InputTotal =>
        Count(InputUncached) + Count(CacheRead) + Count(CacheWrite5m) + Count(CacheWrite1h) + Count(AudioInput);

    public long OutputTotal => Count(Output) + Count(AudioOutput);

    public long Total => InputTotal + OutputTotal;

    /// <summary>A reported count as it is reckoned with.</summary>
    public static long Count(long? reported) => Math.Clamp(reported ?? 0, 0, MaxCount);
}
