using System.Collections.Immutable;
using System.Data.Common;
using System.Text.Json;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Postgres;

/// <summary>The ledger in Postgres, for a tier that seeds its counters from it.</summary>
internal sealed class OrderedLedger(LedgerDatabase database, ILogger<OrderedLedger> logger) : IOrderedLedger
{
    private const string Write = "select * from llm_gateway.write_ordered_v1($1, $2)";
    private const string Seed = "select * from llm_gateway.seed_ordered_v1($1, $2)";
    private const string LastCount = "select * from llm_gateway.last_count_v1($1) where $2::jsonb is not null";
    private const int OfAKey = -1;

    private readonly RowWriter<Answer> _writer = new(database, Write, ReadAnswer, logger);

    public long LostRows => _writer.Lost;

    /// <remarks>In one transaction; where one row of several is not taken, each in its own.</remarks>
    public async ValueTask<ImmutableArray<WrittenRow?>?> WriteAsync(ImmutableArray<LedgerRow> rows, CancellationToken cancellationToken)
    {
        if (await _writer.WriteAsync(rows, cancellationToken) is not { } written)
            return null;
        var answers = written.Answers.Select((a, i) => a is { } answer ? Known(rows[i], answer) : (WrittenRow?)null).ToArray();
        var corrected = Enumerable.Range(0, rows.Length).Where(i => answers[i]?.Instead?.Kind == RowKind.Correction).ToList();
        if (corrected.Count > 0)
        {
            if (await WriteAsync([.. corrected.Select(i => answers[i]!.Value.Instead!)], cancellationToken) is not { } corrections)
                return null;
            for (var i = 0; i < corrected.Count; i++)
            {
                var instead = answers[corrected[i]]!.Value.Instead;
                answers[corrected[i]] = corrections[i] is { } correction ? correction with { Instead = instead } : null;
            }
        }

        _writer.Lose(written.Refused);
        return [.. answers];
    }

    public async ValueTask<LedgerSeed?> SeedAsync(
        ImmutableArray<(BudgetModel Budget, Period Period)> budgets, CancellationToken cancellationToken)
    {
        var other = OtherTier.Never;
        var answer = await database.AskAtLengthAsync(
            Seed,
            LedgerJson.Questions(budgets),
            row =>
            {
                if (!row.IsDBNull(1))
                    return (row.GetInt64(0), row.GetInt32(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4));
                if (!row.IsDBNull(3))
                    other = Other(row, 3);
                return (Number: row.GetInt64(0), Budget: (int?)null, Key: "", Settled: 0L, Overshoot: 0L);
            },
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
            answer.Rows.Where(r => r.Budget == OfAKey).ToImmutableDictionary(r => r.Key, r => r.Settled, StringComparer.Ordinal),
            other);
    }

    public async ValueTask<OtherTier?> OtherTierAsync(CancellationToken cancellationToken)
    {
        var answer = await database.AskAsync(LastCount, "0"u8.ToArray(), row => Other(row, 0), cancellationToken);
        return answer.Fault == DatabaseFault.None ? answer.Rows.FirstOrDefault(OtherTier.Never) : null;
    }

    private static OtherTier Other(DbDataReader row, int first) =>
        new(row.GetInt64(first), TimeSpan.FromMicroseconds(row.GetInt64(first + 1)));

    private static WrittenRow Known(LedgerRow row, Answer answer) => new(answer.LastSeed, answer.Former switch
    {
        null => null,
        { } former when row.Kind == RowKind.Settled => PostgresEntry.Correction(row, former),
        _ => PostgresEntry.Nothing(row),
    });

    private static (int Row, Answer Answer) ReadAnswer(DbDataReader row) => (row.GetInt32(0), new(
        row.GetInt64(1), row.IsDBNull(2) ? null : JsonSerializer.Deserialize(row.GetString(2), LedgerJson.Default.GivenUp)));

    /// <summary>One row of what <see cref="Write"/> answers.</summary>
    /// <param name="LastSeed">Before it.</param>
    /// <param name="Former">The row that stands in its way; null: there is none, and it was written.</param>
    private readonly record struct Answer(long LastSeed, GivenUp? Former);
}
