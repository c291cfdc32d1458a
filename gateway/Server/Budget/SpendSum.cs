using Gateway.Server.Metering;

namespace Gateway.Server.Budget;

/// <summary>What rows of the ledger add up to.</summary>
internal sealed record SpendSum
{
    public static readonly SpendSum Nothing = new();

    public Money Cost { get; init; }

    /// <summary>Of <see cref="Cost"/>; null where nothing says it. See <see cref="IsMixed"/>.</summary>
    public string? Currency { get; init; }

    /// <summary>True where calls were paid in several currencies: the sum of their costs then means nothing.</summary>
    public bool IsMixed { get; init; }

    /// <summary>Calls, with those that failed or were refused.</summary>
    public long Requests { get; init; }

    /// <summary>No answer, or not all of it.</summary>
    public long Failed { get; init; }

    public long Refused { get; init; }

    /// <summary>As reported or estimated at the end. Of calls that nobody saw end only <see cref="Tokens"/> is known.</summary>
    public long PromptTokens { get; init; }

    /// <summary>The part of <see cref="PromptTokens"/> that the providers' caches served.</summary>
    public long CachedTokens { get; init; }

    public long CompletionTokens { get; init; }

    /// <summary>All that was counted.</summary>
    public long Tokens { get; init; }

    /// <summary>A correction changes what its call cost, and is no call.</summary>
    public SpendSum With(LedgerRow row)
    {
        var usage = row.Settlement?.Usage;
        var currency = row.Settlement?.Currency;
        var calls = row.CallCount;
        return new()
        {
            Cost = Cost + new Money(row.CostNanos),
            Currency = Currency ?? currency,
            IsMixed = IsMixed || (Currency is not null && currency is not null && Currency != currency),
            Requests = Requests + calls,
            Failed = Failed + (row.Status is CallStatus.Failed or CallStatus.Cut ? calls : 0),
            Refused = Refused + (row.Kind == RowKind.Refused ? calls : 0),
            PromptTokens = Add(PromptTokens, usage?.InputTotal),
            CachedTokens = Add(CachedTokens, TokenUsage.Count(usage?.CacheRead)),
            CompletionTokens = Add(CompletionTokens, usage?.OutputTotal),
            Tokens = Add(Tokens, row.Tokens),
        };
    }

    /// <summary>Both together.</summary>
    public SpendSum With(SpendSum other) => new()
    {
        Cost = Cost + other.Cost,
        Currency = Currency ?? other.Currency,
        IsMixed = IsMixed || other.IsMixed || (Currency is not null && other.Currency is not null && Currency != other.Currency),
        Requests = Requests + other.Requests,
        Failed = Failed + other.Failed,
        Refused = Refused + other.Refused,
        PromptTokens = Add(PromptTokens, other.PromptTokens),
        CachedTokens = Add(CachedTokens, other.CachedTokens),
        CompletionTokens = Add(CompletionTokens, other.CompletionTokens),
        Tokens = Add(Tokens, other.Tokens),
    };

    private static long Add(long sum, long? more) => long.CreateSaturating((Int128)sum + (more ?? 0));
}
