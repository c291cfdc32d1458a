using System.Collections.Immutable;
using Gateway.Server.Config;

namespace Gateway.Server.Budget;

/// <summary>
/// A ledger beside which counters are kept elsewhere: what counters are seeded from, and which rows came later, is never in doubt.
/// </summary>
/// <remarks>
/// Writes and seeds of a gateway stand in one order. Each seed has a number, one higher than the seed before, and each row keeps the number
/// of the last seed before it: a seed has exactly the rows with a lower number than its own. In Postgres a row <c>(gateway, seed)</c> does
/// that: a write takes it <c>FOR SHARE</c> in its transaction, a seed raises it first and reads after that.
/// </remarks>
internal interface IOrderedLedger
{
    /// <summary>
    /// Writes each row once. For each row, whether it was there already or not, what the ledger has of it; none for a row that the ledger
    /// never will take. Null: none is written now, or nobody knows; give it the same rows again, which is harmless.
    /// </summary>
    ValueTask<ImmutableArray<WrittenRow?>?> WriteAsync(ImmutableArray<LedgerRow> rows, CancellationToken cancellationToken);

    /// <summary>
    /// What the ledger's charges say was spent under each budget in its period, by key, and what each key has spent ever. Null: the ledger
    /// does not answer now.
    /// </summary>
    ValueTask<LedgerSeed?> SeedAsync(
        ImmutableArray<(BudgetModel Budget, Period Period)> budgets, CancellationToken cancellationToken);

    /// <summary>When this gateway was last counted by the tier whose counters are in the ledger's database. Null: no answer now.</summary>
    ValueTask<OtherTier?> OtherTierAsync(CancellationToken cancellationToken);

    /// <summary>Rows that the ledger never will take, since the start.</summary>
    long LostRows { get; }
}

/// <summary>What the ledger has of a row that was given to it.</summary>
/// <param name="LastSeed">The number of the last seed before it.</param>
/// <param name="Instead">
/// Null: the row as it is. Else counters had forgotten what the ledger says of the call: of one that is settled after it was given up this
/// is the correction, and of one that is given up once more, or after it was settled, a row that adds nothing.
/// </param>
internal readonly record struct WrittenRow(long LastSeed, LedgerRow? Instead = null);

/// <summary>The answer to <see cref="IOrderedLedger.SeedAsync"/>.</summary>
/// <param name="Number">Of this seed, from 1.</param>
/// <param name="Counters">Those that are not zero.</param>
/// <param name="SpentByKey">In billionths.</param>
/// <param name="OtherTier">As it was before the ledger was read: what it counted until then, save what was on its way, is in it.</param>
internal sealed record LedgerSeed(
    long Number, ImmutableArray<LedgerCounter> Counters, ImmutableDictionary<string, long> SpentByKey, OtherTier OtherTier);

/// <summary>What the tier whose counters are in the ledger's database did for this gateway.</summary>
/// <param name="At">When it counted last, to a second, in microseconds since 1970 by the ledger's clock.</param>
/// <param name="Ago">How long ago that was.</param>
internal sealed record OtherTier(long At, TimeSpan Ago)
{
    /// <summary>It never counted.</summary>
    public static OtherTier Never { get; } = new(0, TimeSpan.MaxValue);
}

/// <summary>One counter as the ledger knows it.</summary>
/// <param name="Budget">Id of the budget.</param>
/// <param name="Key">Id of the key; empty where all keys count together.</param>
/// <param name="PeriodStart">As asked for.</param>
/// <param name="Settled">In the unit that the budget counts: a row of another unit stands in with its whole cost or tokens.</param>
/// <param name="Overshoot">The part above what was reserved.</param>
internal readonly record struct LedgerCounter(string Budget, string Key, DateTimeOffset PeriodStart, long Settled, long Overshoot);
