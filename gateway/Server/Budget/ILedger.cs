using System.Collections.Immutable;
using Gateway.Server.Config;

namespace Gateway.Server.Budget;

/// <summary>The ledger that replicas share: what has been spent, row by row, and what counters are rebuilt from.</summary>
internal interface ILedger
{
    /// <summary>
    /// Writes each row once, together with its rollups: rows that are there already change nothing. False: the database takes none now;
    /// give it the same rows again, which is harmless.
    /// </summary>
    ValueTask<bool> WriteAsync(ImmutableArray<LedgerRow> rows, CancellationToken cancellationToken);

    /// <summary>
    /// What the ledger's charges say was spent under each budget in its period, by key. Null: the database does not answer now.
    /// </summary>
    ValueTask<ImmutableArray<LedgerCounter>?> ReadCountersAsync(
        ImmutableArray<(BudgetModel Budget, Period Period)> budgets, CancellationToken cancellationToken);
}

/// <summary>One counter as the ledger knows it.</summary>
/// <param name="Budget">Id of the budget.</param>
/// <param name="Key">Id of the key; empty where all keys count together.</param>
/// <param name="PeriodStart">As asked for.</param>
/// <param name="Settled">In the unit that the budget counts: a row of another unit stands in with its whole cost or tokens.</param>
/// <param name="Overshoot">The part above what was reserved.</param>
internal readonly record struct LedgerCounter(string Budget, string Key, DateTimeOffset PeriodStart, long Settled, long Overshoot);
