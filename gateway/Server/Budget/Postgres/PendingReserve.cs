using System.Collections.Immutable;
using Gateway.Server.Config;
using Gateway.Server.Metering;

namespace Gateway.Server.Budget.Postgres;

/// <summary>One question whether a call may go, and the promise of its answer.</summary>
internal sealed class PendingReserve(ReserveRequest request, long number, ImmutableArray<PostgresHold> holds)
{
    /// <summary>Absurd amounts stop here: the sum of three of them is still a long.</summary>
    public const long MaxAmount = long.MaxValue / 4;

    private const long MaxTokens = 10 * TokenUsage.MaxCount;

    public ReserveRequest Request => request;

    public long Number => number;

    public ImmutableArray<PostgresHold> Holds => holds;

    public long Cost { get; } = CostOf(request);

    public long Tokens { get; } = TokensOf(request);

    public long PromptCost => Math.Clamp(request.PromptCost.Nanos, 0, Cost);

    public long PromptTokens => Math.Clamp(request.PromptTokens, 0, Tokens);

    public CallFacts Facts { get; } = LedgerText.Bound(request.Facts);

    /// <summary>Null: the store did not answer.</summary>
    public TaskCompletionSource<ReserveAnswer?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static PostgresHold Hold(ReserveRequest request, BudgetModel budget, Period period) =>
        new(budget, period, budget.CountsTokens ? TokensOf(request) : CostOf(request));

    private static long CostOf(ReserveRequest request) => Math.Clamp(request.Cost.Nanos, 0, MaxAmount);

    private static long TokensOf(ReserveRequest request) => Math.Clamp(request.Tokens, 0, MaxTokens);
}

/// <summary>What the store says of one call.</summary>
internal readonly record struct ReserveAnswer
{
    public required ReserveVerdict Verdict { get; init; }

    /// <summary>The one that refuses.</summary>
    public PostgresHold Hold { get; init; }

    /// <summary>Of <see cref="Hold"/>.</summary>
    public long Settled { get; init; }

    /// <summary>As <see cref="Settled"/>: what live calls hold.</summary>
    public long Live { get; init; }

    /// <summary>Of the key in this minute, with this call where it was admitted.</summary>
    public required long Requests { get; init; }

    /// <summary>As <see cref="Requests"/>.</summary>
    public required long Tokens { get; init; }

    /// <summary>By the store's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    public DateTimeOffset MinuteEnd => DateTimeOffset.FromUnixTimeSeconds((Time.ToUnixTimeSeconds() / 60 * 60) + 60);
}

/// <summary>See <c>reserve_v1</c>.</summary>
internal enum ReserveVerdict
{
    Admitted = 0,

    /// <summary>The limit leaves less than the call may cost.</summary>
    BudgetExceeded = 1,

    Requests = 2,

    Tokens = 3,

    Parallel = 4,

    /// <summary>Only live calls stand in the way.</summary>
    BudgetReserved = 5,

    /// <summary>It has to be made from the ledger first.</summary>
    CounterMissing = 6,

    /// <summary>The store's clock is not what it was taken for: outside of a period, or past the end of the question.</summary>
    OtherTime = 7,
}
