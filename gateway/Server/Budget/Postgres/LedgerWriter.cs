using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Postgres;

/// <summary>The ledger in Postgres, for a tier that counts elsewhere.</summary>
internal sealed partial class LedgerWriter(LedgerDatabase database, PostgresSpendOptions options, ILogger<LedgerWriter> logger) : ILedger
{
    private const string Write = "select llm_gateway.write_v1($1, $2)::text";
    private const string Rebuild = "select * from llm_gateway.rebuild_v1($1, $2)";

    private long _lostRows;

    /// <summary>Rows that the database never will take.</summary>
    public long LostRows => Volatile.Read(ref _lostRows);

    public async ValueTask<bool> WriteAsync(ImmutableArray<LedgerRow> rows, CancellationToken cancellationToken)
    {
        foreach (var chunk in rows.Chunk(options.MaxBatch))
        {
            if (!await WriteChunkAsync(chunk, cancellationToken))
                return false;
        }

        return true;
    }

    public async ValueTask<ImmutableArray<LedgerCounter>?> ReadCountersAsync(
        ImmutableArray<(BudgetModel Budget, Period Period)> budgets, CancellationToken cancellationToken)
    {
        var answer = await database.AskAsync(
            Rebuild,
            Questions(budgets),
            row =>
            {
                var (budget, period) = budgets[row.GetInt32(0)];
                return new LedgerCounter(budget.Id, row.GetString(1), period.Start, row.GetInt64(2), row.GetInt64(3));
            },
            cancellationToken);
        return answer.Fault == DatabaseFault.None ? [.. answer.Rows] : null;
    }

    /// <summary>One question for each budget, numbered.</summary>
    internal static ReadOnlyMemory<byte> Questions(ImmutableArray<(BudgetModel Budget, Period Period)> budgets)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, LedgerJson.Writing);
        json.WriteStartArray();
        for (var i = 0; i < budgets.Length; i++)
        {
            var (budget, period) = budgets[i];
            json.WriteStartObject();
            json.WriteNumber("i", i);
            json.WriteBoolean("per_key", budget.PerKey);
            PostgresHold.WriteCounter(json, budget, period);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Where one row of several is not taken, each is tried alone.</summary>
    private async ValueTask<bool> WriteChunkAsync(LedgerRow[] rows, CancellationToken cancellationToken)
    {
        var answer = await database.AskAsync(Write, LedgerJson.Rows(rows), _ => 0, cancellationToken);
        if (answer.Fault != DatabaseFault.Refused)
            return answer.Fault == DatabaseFault.None;
        if (rows.Length == 1)
        {
            Interlocked.Increment(ref _lostRows);
            LogRefused(rows[0].CallId, answer.Reason!);
            return true;
        }

        foreach (var row in rows)
        {
            if (!await WriteChunkAsync([row], cancellationToken))
                return false;
        }

        return true;
    }

    [LoggerMessage(260, LogLevel.Error, "Postgres does not take the ledger row of call {CallId}, which is lost: {Reason}")]
    private partial void LogRefused(string callId, string reason);
}
