using System.Collections.Immutable;

namespace Gateway.Contract;

/// <summary>What a model costs, in <see cref="Currency"/>. All rates are per million tokens.</summary>
public sealed record PriceConfig
{
    /// <summary>What targets name it by.</summary>
    public required string Name { get; init; }

    /// <summary>Stamped on each ledger row, so that history never changes.</summary>
    public required string Version { get; init; }

    /// <summary>ISO 4217; default USD.</summary>
    public string Currency { get; init; } = "USD";

    /// <summary>Rates up to the first tier.</summary>
    public required RatesConfig Rates { get; init; }

    /// <summary>Rates for the whole call when its prompt is larger, in rising order.</summary>
    public ImmutableArray<PriceTierConfig> Tiers { get; init; } = [];

    /// <summary>By the service tier that the answer reports (<c>flex</c>, <c>priority</c>, <c>batch</c> …).</summary>
    public ImmutableSortedDictionary<string, ServiceTierConfig> ServiceTiers { get; init; } =
        ImmutableSortedDictionary<string, ServiceTierConfig>.Empty;

    /// <summary>What the provider charges for tools that it runs itself, beside their tokens; null: not known.</summary>
    public ToolFeesConfig? ToolFees { get; init; }

    /// <summary>The most that the model answers with; null: not known.</summary>
    public int? MaxOutputTokens { get; init; }
}

/// <summary>Rates per million tokens. Null: there is no such rate, which is not zero.</summary>
public sealed record RatesConfig
{
    /// <summary>Prompt tokens that no cache served.</summary>
    public required decimal Input { get; init; }

    /// <summary>Answer tokens, reasoning included.</summary>
    public required decimal Output { get; init; }

    /// <summary>Prompt tokens read from a cache; null: as <see cref="Input"/>.</summary>
    public decimal? CacheRead { get; init; }

    /// <summary>Prompt tokens written to a cache for five minutes; null: as <see cref="Input"/>.</summary>
    public decimal? CacheWrite5m { get; init; }

    /// <summary>Prompt tokens written to a cache for an hour; null: as <see cref="CacheWrite5m"/>.</summary>
    public decimal? CacheWrite1h { get; init; }

    /// <summary>Audio tokens in the prompt; null: as <see cref="Input"/>.</summary>
    public decimal? AudioInput { get; init; }

    /// <summary>Audio tokens in the answer; null: as <see cref="Output"/>.</summary>
    public decimal? AudioOutput { get; init; }
}

/// <summary>
/// Fees by use of a tool on the provider's side, per 1,000 uses; null: not known, which is not zero. Service tiers do not change them:
/// https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool.
/// </summary>
public sealed record ToolFeesConfig
{
    /// <summary>Searches of the web.</summary>
    public decimal? WebSearch { get; init; }

    /// <summary>Searches in files that were uploaded to the provider.</summary>
    public decimal? FileSearch { get; init; }
}

/// <summary>Other rates for the whole call above a size of prompt.</summary>
public sealed record PriceTierConfig
{
    /// <summary>The tier applies to prompts of more tokens than this, cached ones included.</summary>
    public required int AboveInputTokens { get; init; }

    /// <summary>The rates then.</summary>
    public required RatesConfig Rates { get; init; }
}

/// <summary>What a service tier changes: either a factor or rates.</summary>
/// <remarks>
/// A factor applies to the rates of every size of prompt, as OpenAI's and Anthropic's do:
/// https://platform.claude.com/docs/en/about-claude/pricing. Rates of its own stand for every size, as in lists that give a rate for each pair
/// of size and tier: https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json.
/// </remarks>
public sealed record ServiceTierConfig
{
    /// <summary>Factor on every rate, of every size of prompt.</summary>
    public decimal? Multiplier { get; init; }

    /// <summary>Rates of its own, up to the first of <see cref="Tiers"/>.</summary>
    public RatesConfig? Rates { get; init; }

    /// <summary>
    /// Its own rates by size of prompt, in rising order; null: none. Needed where the price has such tiers and this one has
    /// <see cref="Rates"/>: what a large prompt costs in it would not be known.
    /// </summary>
    public ImmutableArray<PriceTierConfig>? Tiers { get; init; }
}
