using Gateway.Server.Metering;
using Gateway.Server.Streaming;

namespace Gateway.Server.Flow;

/// <summary>What a call used and cost, as far as it is known.</summary>
/// <param name="Usage">As reported, or estimated and marked as such.</param>
/// <param name="Cost">Zero where there is no price.</param>
/// <param name="Currency">Of <paramref name="Cost"/>; null where there is no price.</param>
/// <param name="IsUnpriced">True where tokens were used that have no price.</param>
internal readonly record struct Charge(TokenUsage Usage, Money Cost, string? Currency, bool IsUnpriced)
{
    private static readonly TokenUsage s_nothing = new();

    /// <summary>
    /// Pure. An attempt that brought no answer costs what its upstream reported, and nothing where it reported nothing. Without a report
    /// the prompt of an answer is charged by its estimate and the answer by its text, at a token for three bytes.
    /// </summary>
    public static Charge Of(Call call)
    {
        if (call.Tap is not { } tap || call.Operation == Operation.CountTokens)
            return new(s_nothing, call.Lost?.Amount ?? Money.Zero, call.Lost?.Currency ?? call.Price?.Currency, false);
        var usage = WithTools(Complete(tap.Usage, call, tap), tap);
        if (call.Price?.Knows(usage) == false)
            usage = usage with { Estimated = true };
        var currency = call.Price?.Currency ?? call.Lost?.Currency;
        if (call.Lost is { } lost && (lost.IsPart || !lost.IsIn(currency)))
            usage = usage with { Estimated = true };
        return new(usage, CostOf(call, usage, currency), currency, call.Price is null);
    }

    /// <summary>What the usage and the attempts before it cost, as far as that is in the currency: amounts in others cannot be added.</summary>
    public static Money CostOf(Call call, TokenUsage usage, string? currency)
    {
        var cost = call.Price is { } price && string.Equals(price.Currency, currency, StringComparison.Ordinal)
            ? price.Cost(usage)
            : Money.Zero;
        return call.Lost is { } lost && lost.IsIn(currency) ? cost + lost.Amount : cost;
    }

    /// <summary>What the call has used when nothing is reported. A tier that was asked for is taken to be the one that serves.</summary>
    public static TokenUsage Estimate(Call call, AnswerTap tap) => new()
    {
        InputUncached = call.Ceiling.PromptTokens,
        Output = call.Operation == Operation.Embeddings ? 0 : UsageEstimate.PromptTokens(tap.TextBytes, images: 0),
        WebSearches = Shown(tap.WebSearches),
        FileSearches = Shown(tap.FileSearches),
        ServiceTier = tap.ServiceTier ?? call.Fields!.ServiceTier,
        Estimated = true,
    };

    /// <summary>What the usage of a whole answer reports counts; else what the answer shows of them.</summary>
    private static TokenUsage WithTools(TokenUsage usage, AnswerTap tap) => usage with
    {
        WebSearches = tap.IsComplete ? usage.WebSearches ?? Shown(tap.WebSearches) : Most(usage.WebSearches, tap.WebSearches),
        FileSearches = tap.IsComplete ? usage.FileSearches ?? Shown(tap.FileSearches) : Most(usage.FileSearches, tap.FileSearches),
        Estimated = usage.Estimated || tap.HasUnknownFees,
    };

    private static long? Most(long? reported, long shown) => shown > (reported ?? 0) ? shown : reported;

    private static long? Shown(long count) => count > 0 ? count : null;

    /// <summary>
    /// A half that was not reported is not zero: it counts by its estimate. And a cut stream of the Messages API has reported its prompt
    /// and only the first of its answer: what more text came is more output.
    /// </summary>
    private static TokenUsage Complete(TokenUsage? reported, Call call, AnswerTap tap)
    {
        var estimate = Estimate(call, tap);
        if (reported is null)
            return estimate;
        var usage = reported;
        if (usage is { InputUncached: null, InputTotal: 0 })
            usage = usage with { InputUncached = estimate.InputUncached, Estimated = true };
        var isWhole = tap is { IsComplete: true, HasOddOutput: false } && usage is not { Output: null, OutputTotal: 0 };
        if (isWhole || usage.OutputTotal >= estimate.Output)
            return usage;
        return usage with { Output = estimate.Output, Estimated = true };
    }
}
