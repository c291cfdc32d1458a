using System.Collections.Frozen;
using System.Collections.Immutable;
using Gateway.Contract;

namespace Gateway.Server.Metering;

/// <summary>A price ready for arithmetic. Pure.</summary>
internal sealed class PriceModel
{
    private const decimal TokensPerRate = 1_000_000m;
    private const decimal UsesPerFee = 1_000m;

    private readonly RateCard _standard;
    private readonly FrozenDictionary<string, RateCard> _serviceTiers;
    private readonly ToolFeesConfig? _fees;

    public PriceModel(PriceConfig config)
    {
        Version = config.Version;
        Currency = config.Currency;
        MaxOutputTokens = config.MaxOutputTokens;
        _fees = config.ToolFees;
        _standard = new(config.Rates, [.. config.Tiers.OrderByDescending(t => t.AboveInputTokens)], 1);
        _serviceTiers = config.ServiceTiers.ToFrozenDictionary(t => t.Key, t => CardOf(t.Value), StringComparer.OrdinalIgnoreCase);
    }

    public string Version { get; }

    /// <summary>Of the lowest tier.</summary>
    public RatesConfig Rates => _standard.Rates;

    public string Currency { get; }

    public int? MaxOutputTokens { get; }

    /// <summary>
    /// Whether there are rates for its service tier and its kinds of tokens, and fees for its tools. Without them it costs the standard
    /// rates, those of text, and nothing for the tools, which is an estimate. What a cache served costs no more than text.
    /// </summary>
    public bool Knows(TokenUsage usage)
    {
        var (rates, _) = RatesFor(usage);
        return (usage.ServiceTier is null || _serviceTiers.ContainsKey(usage.ServiceTier))
            && IsPriced(usage.CacheWrite5m, rates.CacheWrite5m)
            && IsPriced(usage.CacheWrite1h, rates.CacheWrite1h ?? rates.CacheWrite5m)
            && IsPriced(usage.AudioInput, rates.AudioInput)
            && IsPriced(usage.AudioOutput, rates.AudioOutput)
            && IsPriced(usage.WebSearches, _fees?.WebSearch)
            && IsPriced(usage.FileSearches, _fees?.FileSearch);
    }

    /// <summary>
    /// What the usage costs, rounded once. What is not reported costs nothing; see <see cref="TokenUsage"/> on absurd counts.
    /// </summary>
    public Money Cost(TokenUsage usage)
    {
        var (rates, multiplier) = RatesFor(usage);
        var write5m = rates.CacheWrite5m ?? rates.Input;
        var sum = TokenUsage.Count(usage.InputUncached) * rates.Input
            + TokenUsage.Count(usage.CacheRead) * (rates.CacheRead ?? rates.Input)
            + TokenUsage.Count(usage.CacheWrite5m) * write5m
            + TokenUsage.Count(usage.CacheWrite1h) * (rates.CacheWrite1h ?? write5m)
            + TokenUsage.Count(usage.AudioInput) * (rates.AudioInput ?? rates.Input)
            + TokenUsage.Count(usage.Output) * rates.Output
            + TokenUsage.Count(usage.AudioOutput) * (rates.AudioOutput ?? rates.Output);
        var fees = TokenUsage.Count(usage.WebSearches) * (_fees?.WebSearch ?? 0)
            + TokenUsage.Count(usage.FileSearches) * (_fees?.FileSearch ?? 0);
        return Money.FromDecimal(sum * multiplier / TokensPerRate + fees / UsesPerFee);
    }

    /// <summary>
    /// What a call may cost at most, tools on the provider's side aside, when its prompt has <paramref name="inputTokens"/> and each of its answers ends at
    /// <paramref name="outputTokens"/> in all. With <paramref name="writesCache"/> the prompt is priced at the dearest cache write.
    /// </summary>
    public Money Ceiling(long inputTokens, long outputTokens, string? serviceTier, bool writesCache)
    {
        var (rates, multiplier) = RatesFor(inputTokens, serviceTier);
        var input = rates.Input;
        if (writesCache)
            input = Math.Max(input, Math.Max(rates.CacheWrite5m ?? 0, rates.CacheWrite1h ?? 0));
        return Money.FromDecimal(
            (TokenUsage.Count(inputTokens) * input + TokenUsage.Count(outputTokens) * rates.Output) * multiplier / TokensPerRate);
    }

    private static bool IsPriced(long? count, decimal? rate) => rate is not null || TokenUsage.Count(count) == 0;

    private (RatesConfig Rates, decimal Multiplier) RatesFor(TokenUsage usage) =>
        RatesFor(Math.Min(usage.LargestPrompt ?? long.MaxValue, usage.InputTotal), usage.ServiceTier);

    /// <summary>Of the service tier, or the standard one where it is not known, for a prompt of that size.</summary>
    private (RatesConfig Rates, decimal Multiplier) RatesFor(long inputTokens, string? serviceTier)
    {
        var card = serviceTier is not null && _serviceTiers.TryGetValue(serviceTier, out var tier) ? tier : _standard;
        foreach (var size in card.TiersFromTop)
        {
            if (inputTokens > size.AboveInputTokens)
                return (size.Rates, card.Multiplier);
        }

        return (card.Rates, card.Multiplier);
    }

    /// <summary>A factor applies to every size of prompt; rates of its own come with sizes of their own.</summary>
    private RateCard CardOf(ServiceTierConfig tier) => tier.Rates is { } own
        ? new(own, [.. (tier.Tiers ?? []).OrderByDescending(t => t.AboveInputTokens)], 1)
        : _standard with { Multiplier = tier.Multiplier ?? 1 };

    /// <summary>What one service tier costs.</summary>
    private sealed record RateCard(RatesConfig Rates, ImmutableArray<PriceTierConfig> TiersFromTop, decimal Multiplier);
}
