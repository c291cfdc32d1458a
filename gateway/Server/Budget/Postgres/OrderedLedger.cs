using System.Collections.Immutable;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Postgres;

/// <summary>The ledger in Postgres, for a tier that seeds its counters from it.</summary>
internal sealed partial class OrderedLedger(LedgerDatabase database, ILogger<OrderedLedger> logger) : IOrderedLedger
{
    private const string Write = "select * from llm_gateway.write_ordered_v1($1, $2)";
    private const string Seed = "select * from llm_gateway.seed_ordered_v1($1, $2)";
    private const int OfAKey = -1;

    private long _lostRows;

    public long LostRows => Volatile.Read(ref _lostRows);

    /// <remarks>All rows in one transaction: a seed has all of them or none.</remarks>
    public ValueTask<LedgerWrite?> WriteAsync(ImmutableArray<LedgerRow> rows, CancellationToken cancellationToken) =>
        WriteChunkAsync([.. rows], cancellationToken);

    public async ValueTask<LedgerSeed?> SeedAsync(
        ImmutableArray<(BudgetModel Budget, Period Period)> budgets, CancellationToken cancellationToken)
    {
        var answer = await database.AskAsync(
            Seed,
            LedgerJson.Questions(budgets),
            row => row.IsDBNull(1)
                ? (Number: row.GetInt64(0), Budget: (int?)null, Key: "", Settled: 0L, Overshoot: 0L)
                : (row.GetInt64(0), row.GetInt32(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4)),
            cancellationToken);
        if (answer.Fault != DatabaseFault.None)
            return null;
        var counters = answer.Rows.Where(r => r.Budget >= 0).Select(r =>
        {
            var (budget, period) = budgets[r.Budget!.Value];
            return new LedgerCounter(budget.Id, r.Key, period.Start, r.Settled, r.Overshoot);
        });
        return new(
            answer.Rows[0].Number,
            [.. counters],
            answer.Rows.Where(r => r.Budget == OfAKey).ToImmutableDictionary(r => r.Key, r => r.Settled, StringComparer.Ordinal));
    }

    /// <summary>Where one row of several is not taken, each is tried alone.</summary>
    private async ValueTask<LedgerWrite?> WriteChunkAsync(LedgerRow[] rows, CancellationToken cancellationToken)
    {
        var answer = await database.AskAsync(
            Write, LedgerJson.Rows(rows), r => (Seed: r.GetInt64(0), Skipped: r.IsDBNull(1) ? (int?)null : r.GetInt32(1)), cancellationToken);
        if (answer.Fault == DatabaseFault.None)
            return new(answer.Rows[0].Seed, [.. answer.Rows.Select(r => r.Skipped).OfType<int>()]);
        if (answer.Fault != DatabaseFault.Refused)
            return null;
        if (rows.Length == 1)
        {
            Interlocked.Increment(ref _lostRows);
            LogRefused(rows[0].CallId, answer.Reason!);
            return new(0, [0]);
        }

        var (last, skipped) = (0L, ImmutableArray.CreateBuilder<int>());
        for (var i = 0; i < rows.Length; i++)
        {
            if (await WriteChunkAsync([rows[i]], cancellationToken) is not { } write)
                return null;
            last = Math.Max(last, write.LastSeed);
            if (!write.Skipped.IsEmpty)
                skipped.Add(i);
        }

        return new(last, skipped.ToImmutable());
    }

    [LoggerMessage(265, LogLevel.Error, "Postgres does not take the ledger row of call {CallId}, which is lost: {Reason}")]
    private partial void LogRefused(string callId, string reason);
}
