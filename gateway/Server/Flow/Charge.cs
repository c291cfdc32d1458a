using Gateway.Server.Metering;

namespace Gateway.Server.Flow;

/// <summary>What a call used and cost, as far as it is known.</summary>
/// <param name="Usage">As reported, or estimated and marked as such.</param>
/// <param name="Cost">Zero where there is no price.</param>
/// <param name="IsUnpriced">True where tokens were used that have no price.</param>
internal readonly record struct Charge(TokenUsage Usage, Money Cost, bool IsUnpriced)
{
    private static readonly TokenUsage s_nothing = new();

    /// <summary>
    /// Pure. An attempt that brought no answer costs nothing. Without a report the prompt is charged by its estimate and the answer by its
    /// text, at a token for three bytes.
    /// </summary>
    public static Charge Of(Call call)
    {
        if (call.Tap is not { } tap || call.Operation == Operation.CountTokens)
            return new(s_nothing, Money.Zero, false);
        var usage = Complete(tap.Usage, call, tap.TextBytes);
        return new(usage, call.Price?.Cost(usage) ?? Money.Zero, call.Price is null);
    }

    /// <summary>
    /// A cut stream of the Messages API has reported its prompt and only the first of its answer: what more text came is more output.
    /// </summary>
    private static TokenUsage Complete(TokenUsage? reported, Call call, long textBytes)
    {
        var output = UsageEstimate.PromptTokens(textBytes, images: 0);
        if (reported is null)
            return new() { InputUncached = call.Ceiling.PromptTokens, Output = call.Operation == Operation.Embeddings ? 0 : output, Estimated = true };
        if (call.Tap!.IsComplete || reported.OutputTotal >= output)
            return reported;
        return reported with { Output = output, Estimated = true };
    }
}
