namespace Gateway.Server.Metering;

/// <summary>
/// Usage in one normal form for all providers. The counts are disjoint, except that <see cref="Reasoning"/> is inside
/// <see cref="Output"/>. Null means "not reported", which is not zero.
/// </summary>
internal sealed record TokenUsage
{
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

    /// <summary>As the answer reports it; null: the standard one.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>True where the provider reported nothing and we counted by ourselves.</summary>
    public bool Estimated { get; init; }

    /// <summary>The provider's own usage object, as JSON text.</summary>
    public string? Raw { get; init; }

    public long InputTotal =>
        (InputUncached ?? 0) + (CacheRead ?? 0) + (CacheWrite5m ?? 0) + (CacheWrite1h ?? 0) + (AudioInput ?? 0);

    public long OutputTotal => (Output ?? 0) + (AudioOutput ?? 0);

    public long Total => InputTotal + OutputTotal;
}
