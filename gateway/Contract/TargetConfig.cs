using System.Collections.Immutable;

namespace Gateway.Contract;

/// <summary>One upstream model.</summary>
public sealed record TargetConfig
{
    /// <summary>Unique in its route.</summary>
    public required string Name { get; init; }

    /// <summary>Whose API this is.</summary>
    public required Provider Provider { get; init; }

    /// <summary>The model's name there. Null: the name that the caller used.</summary>
    public string? UpstreamModel { get; init; }

    /// <summary>Root of the API, without a trailing slash, with its <c>/v1</c> where there is one. Null: the provider's own.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>Name of a <see cref="CredentialConfig"/>; null for an upstream that wants none.</summary>
    public string? Credential { get; init; }

    /// <summary>Lower is tried first; default 0.</summary>
    public int Priority { get; init; }

    /// <summary>Share among targets of the same priority; 0 means only when the others have failed; default 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Overrides the gateway's.</summary>
    public TimeoutsConfig Timeouts { get; init; } = new();

    /// <summary>Headers set on the upstream request.</summary>
    public ImmutableSortedDictionary<string, string> Headers { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Name of a <see cref="PriceConfig"/>; null: the price is not known, which is not zero.</summary>
    public string? Price { get; init; }

    /// <summary>
    /// Names of <see cref="PriceConfig"/>s by the model's name at the upstream, for a target to which the caller brings that name; it comes
    /// before <see cref="Price"/>. At most <see cref="SnapshotValidator.MaxPricesPerTarget"/>; null: none.
    /// </summary>
    public ImmutableSortedDictionary<string, string>? Prices { get; init; }

    /// <summary>Whether the upstream understands <c>stream_options.include_usage</c>; default true.</summary>
    public bool SupportsStreamUsage { get; init; } = true;

    /// <summary>Only with <see cref="Provider.Simulated"/>.</summary>
    public SimulatedConfig? Simulated { get; init; }

    /// <summary>Every price that it names, <see cref="Price"/> and <see cref="Prices"/>.</summary>
    public IEnumerable<string> PriceNames() => (Price is null ? [] : (IEnumerable<string>)[Price]).Concat(Prices?.Values ?? []);
}

/// <summary>Whose API a target speaks.</summary>
public enum Provider
{
    /// <summary>api.openai.com.</summary>
    OpenAI,

    /// <summary>Any server that speaks OpenAI's API: Ollama, vLLM, Together, Groq, Mistral, DeepSeek, OpenRouter ….</summary>
    OpenAICompatible,

    /// <summary>api.anthropic.com, or a server that speaks its Messages API.</summary>
    Anthropic,

    /// <summary>A provider inside the gateway that answers by itself, in both dialects.</summary>
    Simulated,
}

/// <summary>How the simulated provider answers. All counts are per answer.</summary>
public sealed record SimulatedConfig
{
    /// <summary>Before the first byte; default 0.</summary>
    public int LatencyMilliseconds { get; init; }

    /// <summary>Between two chunks of a stream; default 0.</summary>
    public int ChunkMilliseconds { get; init; }

    /// <summary>Prompt tokens reported; null: estimated from the prompt.</summary>
    public int? PromptTokens { get; init; }

    /// <summary>
    /// Words of output, one token each; default 16. The caller's own limit, when lower, wins and ends the answer by length.
    /// </summary>
    public int CompletionTokens { get; init; } = 16;

    /// <summary>Prompt tokens reported as read from a cache; default 0.</summary>
    public int CachedTokens { get; init; }

    /// <summary>Text to answer with instead of made-up words.</summary>
    public string? Text { get; init; }

    /// <summary>Calls the first tool that the request offers; default false.</summary>
    public bool CallTools { get; init; }

    /// <summary>Answer with this status and an error body instead.</summary>
    public int? FaultStatus { get; init; }

    /// <summary>Seconds in the <c>retry-after</c> header of a faulty answer.</summary>
    public int? FaultRetryAfterSeconds { get; init; }

    /// <summary>How many of 100 calls meet the fault; default 100.</summary>
    public int FaultPercent { get; init; } = 100;

    /// <summary>Cut a stream's connection after so many chunks.</summary>
    public int? CutAfterChunks { get; init; }

    /// <summary>Send an error event in the stream after so many chunks, then end it.</summary>
    public int? ErrorAfterChunks { get; init; }
}
