using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Gateway.Contract;
using Gateway.Server.Config;
using Gateway.Server.Metering;

namespace Gateway.Server.Budget;

/// <summary>
/// Counts what calls spend and keeps the ledger: the seam behind which the tiers stand (embedded; Postgres; Postgres with Redis).
/// </summary>
/// <remarks>
/// Every admitted call is settled exactly once. A reservation that is never settled ends as an <c>Abandoned</c> row with what it had
/// accrued.
/// </remarks>
internal interface ISpendStore : IAsyncDisposable
{
    /// <summary>
    /// Admits the call under its key's limits and under every budget, all or none, and writes its open record. Expected refusals are
    /// values.
    /// </summary>
    ValueTask<ReserveOutcome> ReserveAsync(ReserveRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// What the call has cost so far, in all, by our own estimate. Cheap, called per chunk; kept durable in batches; beyond what was
    /// reserved it raises the reservation, unconditionally.
    /// </summary>
    void Accrue(Reservation reservation, Money cost, long tokens);

    /// <summary>Replaces the reservation by what the call did cost. Never refuses; the second settle of a call does nothing.</summary>
    ValueTask SettleAsync(Reservation reservation, Settlement settlement);

    /// <summary>
    /// Writes down a call that was not admitted, or not even asked for. It costs nothing, waits for nothing and never fails; of a flood
    /// of them some rows stand for many calls, see <see cref="RefusedCalls"/>.
    /// </summary>
    void Refused(RefusedCall call);

    /// <summary>Called when another config goes live: counters of new definitions are seeded, limits apply at once.</summary>
    void Apply(ImmutableArray<BudgetModel> budgets);

    /// <summary>Where the given budgets stand now.</summary>
    ImmutableArray<BudgetCounter> Read(ImmutableArray<BudgetModel> budgets);

    /// <summary>
    /// Whether <see cref="Read"/> knows of a budget what others have spent; not right after the start, nor without the database.
    /// </summary>
    bool HasRead(BudgetModel budget) => true;

    /// <summary>Who else counts with it.</summary>
    SpendTier Tier { get; }

    /// <summary>Whether the store can do its work now.</summary>
    StoreHealth Health { get; }

    /// <summary>All that the key has spent ever, in billionths, whatever the currencies were.</summary>
    Money SpentBy(string keyId);
}

/// <summary>How a store is.</summary>
/// <param name="IsWritable">False: nothing can be recorded, and calls follow the failure mode.</param>
/// <param name="LostRecords">Records that were given up since the start. Counters have them, the ledger never will.</param>
internal readonly record struct StoreHealth(bool IsWritable, long LostRecords);

/// <summary>What a call asks for before it is sent.</summary>
internal sealed record ReserveRequest
{
    public required string CallId { get; init; }

    /// <summary><c>namespace/name</c> of the key.</summary>
    public required string KeyId { get; init; }

    public required LimitsConfig Limits { get; init; }

    /// <summary>Every budget that covers the key and one of the models that may answer.</summary>
    public required ImmutableArray<BudgetModel> Budgets { get; init; }

    /// <summary>The dearest that the call may cost; zero where no candidate has a price.</summary>
    public required Money Cost { get; init; }

    /// <summary>Tokens of prompt and answer at most.</summary>
    public required long Tokens { get; init; }

    /// <summary>
    /// The part of <see cref="Cost"/> that is due as soon as the call is sent: what a crash leaves behind is charged this.
    /// </summary>
    public required Money PromptCost { get; init; }

    /// <summary>The part of <see cref="Tokens"/> that is the prompt.</summary>
    public required long PromptTokens { get; init; }

    /// <summary>What becomes of a call under a blocking budget or a limit while the store cannot count.</summary>
    public FailureMode FailureMode { get; init; }

    /// <summary>False: it goes on also where the store cannot count, and is counted when it is settled.</summary>
    public bool MustBeCounted => FailureMode == FailureMode.FailClosed
        && (Limits is not { RequestsPerMinute: null, TokensPerMinute: null, MaxParallelRequests: null } || Budgets.Any(b => b.Blocks));

    /// <summary>What is known of the call for the ledger.</summary>
    public required CallFacts Facts { get; init; }
}

/// <summary>The part of a ledger row that is known before the call is sent.</summary>
internal sealed record CallFacts
{
    /// <summary><c>namespace/name</c> of the LlmGateway; null in rows that are older than this member.</summary>
    public string? Gateway { get; init; }

    /// <summary>The model as the caller named it; empty where the request was refused before it was read.</summary>
    public required string Model { get; init; }

    /// <summary><c>namespace/name</c> of the route; empty where there is none.</summary>
    public required string Route { get; init; }

    public required bool Stream { get; init; }

    public string? EndUser { get; init; }

    public string? Session { get; init; }

    public ImmutableArray<string> Tags { get; init; } = [];

    public ImmutableSortedDictionary<string, string> Attribution { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>A call of a known key that the gateway did not admit.</summary>
internal sealed record RefusedCall
{
    public required string CallId { get; init; }

    /// <summary><c>namespace/name</c> of the key.</summary>
    public required string KeyId { get; init; }

    public required CallFacts Facts { get; init; }

    /// <summary>Charges nothing; <see cref="Settlement.Error"/> says why it was refused.</summary>
    public required Settlement Settlement { get; init; }
}

/// <summary>The answer to <see cref="ISpendStore.ReserveAsync"/>: exactly one of the two.</summary>
internal readonly record struct ReserveOutcome(Reservation? Reservation, ReserveRefusal? Refusal);

/// <summary>A call that was admitted. Stores derive their own.</summary>
internal abstract class Reservation
{
    public required string CallId { get; init; }

    /// <summary>By the store's clock.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The key's limits after this call, for the answer's headers; null where the key has none.</summary>
    public LimitState? Requests { get; init; }

    public LimitState? Tokens { get; init; }
}

/// <summary>One of a key's limits by the minute.</summary>
internal readonly record struct LimitState(long Limit, long Remaining, DateTimeOffset ResetTime);

/// <summary>Why a call was not admitted.</summary>
internal abstract record ReserveRefusal
{
    /// <summary>A limit of the key: <c>requests</c>, <c>tokens</c> or <c>concurrent_requests</c>.</summary>
    public sealed record RateLimited(string LimitType, LimitState State) : ReserveRefusal
    {
        /// <summary>What the call asks of the limit: tokens, else 1.</summary>
        public required long Requested { get; init; }

        /// <summary>False: the call is larger than the limit itself, and no waiting helps.</summary>
        public bool CanEverFit => Requested <= State.Limit;
    }

    /// <summary>
    /// Settled spend has reached the limit, or leaves less than this call may cost: in both cases nothing changes before the reset. Amounts
    /// as in <see cref="BudgetModel"/>; no reset for a total.
    /// </summary>
    public sealed record BudgetExceeded(BudgetModel Budget, long Settled, DateTimeOffset? ResetTime) : ReserveRefusal
    {
        /// <summary>What the call would have reserved.</summary>
        public required long Requested { get; init; }

        /// <summary>False: something is left, and a call with a lower limit on its output, or a smaller prompt, may still fit.</summary>
        public bool IsSpent => Settled >= Budget.Limit;
    }

    /// <summary>Only what live calls hold in reserve stands in the way.</summary>
    public sealed record BudgetReserved(BudgetModel Budget, long Settled, long Reserved) : ReserveRefusal;

    /// <summary>The store cannot count now, and the gateway fails closed.</summary>
    public sealed record StoreUnavailable(string Reason) : ReserveRefusal;
}

/// <summary>How an admitted call ended: the rest of its ledger row.</summary>
internal sealed record Settlement
{
    public required CallStatus Status { get; init; }

    /// <summary>Charged, always as it was.</summary>
    public required Money Cost { get; init; }

    public required TokenUsage Usage { get; init; }

    /// <summary>True where no price was known: nothing is charged and it is counted.</summary>
    public bool Unpriced { get; init; }

    /// <summary>Of the price that was used.</summary>
    public string? PriceVersion { get; init; }

    /// <summary>Of <see cref="Cost"/>, as <c>USD</c>; null where there was no price.</summary>
    public string? Currency { get; init; }

    /// <summary>The public model whose route answered: budgets that do not cover it are charged nothing. Null: none did.</summary>
    public string? ServedModel { get; init; }

    /// <summary>
    /// Whether the budget is charged for it: it covers the model, and an amount in another currency is none that it can add up.
    /// </summary>
    public bool IsCountedBy(BudgetModel budget) =>
        (ServedModel is null || budget.CoversModel(ServedModel))
        && (Currency is null || budget.CountsTokens || string.Equals(Currency, budget.Currency, StringComparison.Ordinal));

    /// <summary><c>namespace/name</c> of the route that answered.</summary>
    public string? ServedRoute { get; init; }

    public string? Target { get; init; }

    public string? Provider { get; init; }

    public string? UpstreamModel { get; init; }

    public int Attempts { get; init; }

    public int HttpStatus { get; init; }

    /// <summary>What the gateway told the caller, as the <c>error.code</c> of its answer; null: no error, or an upstream's own.</summary>
    public string? Error { get; init; }

    public TimeSpan Latency { get; init; }

    public TimeSpan? FirstToken { get; init; }
}

/// <summary>How a call ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CallStatus>))]
internal enum CallStatus
{
    /// <summary>Answered in full.</summary>
    Completed,

    /// <summary>No candidate answered, or the answer was an error.</summary>
    Failed,

    /// <summary>The upstream broke off.</summary>
    Cut,

    /// <summary>The client went away.</summary>
    ClientClosed,

    /// <summary>The gateway died or lost sight of the call.</summary>
    Abandoned,

    /// <summary>The gateway did not admit it.</summary>
    Refused,
}
