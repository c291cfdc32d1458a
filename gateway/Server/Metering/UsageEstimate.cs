namespace Gateway.Server.Metering;

/// <summary>What a call may use and cost at most, before it is sent. Pure.</summary>
/// <remarks>
/// No tokenizer: three bytes of UTF-8 a token is on the dear side for the languages and the code that models read, and holds for every
/// provider alike.
/// </remarks>
internal static class UsageEstimate
{
    public const int BytesPerToken = 3;

    public const int TokensPerImage = 1_600;

    /// <summary>Tokens of a prompt with so many bytes of text in UTF-8 and so many images, rounded up.</summary>
    public static long PromptTokens(long textBytes, int images) =>
        (Math.Max(textBytes, 0) + BytesPerToken - 1) / BytesPerToken + (long)Math.Max(images, 0) * TokensPerImage;

    /// <summary>
    /// Where one answer ends at the latest: the request's own limit, or else <paramref name="assumedOutputTokens"/>, and neither above
    /// what the model can do (null: not known).
    /// </summary>
    public static long OutputCap(long? requestLimit, int? modelMaximum, int assumedOutputTokens) =>
        Math.Min(Math.Max(requestLimit ?? assumedOutputTokens, 0), Math.Min(modelMaximum ?? long.MaxValue, TokenUsage.MaxCount));

    /// <summary>
    /// The dearest of the candidates, for every figure by itself. A null stands for a candidate without a price: it has tokens and no cost.
    /// </summary>
    public static CallCeiling Ceiling(CallShape call, ReadOnlySpan<PriceModel?> candidates)
    {
        var ceiling = new CallCeiling { PromptTokens = call.PromptTokens };
        foreach (var price in candidates)
        {
            var output = Math.Min(
                OutputCap(call.OutputLimit, price?.MaxOutputTokens, call.AssumedOutputTokens) * Math.Clamp(call.Choices, 1, 1_000),
                TokenUsage.MaxCount);
            ceiling = ceiling with { Tokens = Math.Max(ceiling.Tokens, call.PromptTokens + output) };
            if (price is null)
                continue;
            ceiling = ceiling with
            {
                Cost = Dearer(ceiling.Cost, price.Ceiling(call.PromptTokens, output, call.ServiceTier, call.WritesCache)),
                PromptCost = Dearer(ceiling.PromptCost, price.Ceiling(call.PromptTokens, 0, call.ServiceTier, call.WritesCache)),
            };
        }

        return ceiling;
    }

    private static Money Dearer(Money a, Money b) => a > b ? a : b;
}

/// <summary>What of a request decides how much it may cost.</summary>
internal readonly record struct CallShape
{
    /// <summary>See <see cref="UsageEstimate.PromptTokens"/>.</summary>
    public required long PromptTokens { get; init; }

    /// <summary>The request's own limit on output tokens; null: it has none.</summary>
    public long? OutputLimit { get; init; }

    /// <summary>Answers asked for at once (<c>n</c>); the prompt is paid once.</summary>
    public required int Choices { get; init; }

    /// <summary>As the request asks for it; null: the standard one.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>The request marks parts of its prompt for the provider's cache.</summary>
    public bool WritesCache { get; init; }

    /// <summary>See <c>SettingsConfig.AssumedOutputTokens</c>.</summary>
    public required int AssumedOutputTokens { get; init; }
}

/// <summary>What is reserved for a call.</summary>
internal readonly record struct CallCeiling
{
    public Money Cost { get; init; }

    public long Tokens { get; init; }

    /// <summary>The part of <see cref="Cost"/> that is due once the call is sent.</summary>
    public Money PromptCost { get; init; }

    public long PromptTokens { get; init; }
}
