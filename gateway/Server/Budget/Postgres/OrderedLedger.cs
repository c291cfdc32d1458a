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

    /// <remarks>In one transaction; where one row of several is not taken, each in its own.</remarks>
    public async ValueTask<ImmutableArray<long?>?> WriteAsync(ImmutableArray<LedgerRow> rows, CancellationToken cancellationToken)
    {
        var answer = await database.AskAsync(
            Write, LedgerJson.Rows(rows), r => (Row: r.GetInt32(0), Seed: r.GetInt64(1)), cancellationToken);
        return answer.Fault switch
        {
            DatabaseFault.None => Seeds(rows.Length, answer.Rows),
            DatabaseFault.Refused when rows.Length == 1 => Lose(rows[0], answer.Reason!),
            DatabaseFault.Refused => await WriteOneByOneAsync(rows, cancellationToken),
            _ => null,
        };
    }

    public async ValueTask<LedgerSeed?> SeedAsync(
        ImmutableArray<(BudgetModel Budget, Period Period)> budgets, CancellationToken cancellationToken)
    {
        var answer = await database.AskAtLengthAsync(
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

    private static ImmutableArray<long?> Seeds(int count, List<(int Row, long Seed)> answers)
    {
        var seeds = new long?[count];
        foreach (var (row, seed) in answers)
            seeds[row] = seed;
        return [.. seeds];
    }

    private async ValueTask<ImmutableArray<long?>?> WriteOneByOneAsync(ImmutableArray<LedgerRow> rows, CancellationToken cancellationToken)
    {
        var seeds = ImmutableArray.CreateBuilder<long?>(rows.Length);
        foreach (var row in rows)
        {
            if (await WriteAsync([row], cancellationToken) is not { } seed)
                return null;
            seeds.AddRange(seed);
        }

        return seeds.MoveToImmutable();
    }

    private ImmutableArray<long?> Lose(LedgerRow row, string reason)
    {
        Interlocked.Increment(ref _lostRows);
        LogRefused(row.CallId, reason);
        return [null];
    }

    [LoggerMessage(265, LogLevel.Error, "Postgres does not take the ledger row of call {CallId}, which is lost: {Reason}")]
    private partial void LogRefused(string callId, string reason);
}
