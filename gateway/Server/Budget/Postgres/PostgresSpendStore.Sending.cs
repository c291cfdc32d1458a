using System.Buffers;
using System.Collections.Immutable;
using System.Data.Common;
using System.Text.Json;
using Gateway.Server.Budget.Spool;

namespace Gateway.Server.Budget.Postgres;

/// <content>Batches on their way.</content>
internal sealed partial class PostgresSpendStore
{
    private const string Settle = "select * from llm_gateway.settle_v1($1, $2)";
    private const string Renew = "select * from llm_gateway.renew_v1($1, $2)";

    private async Task SendReservesAsync(List<PendingReserve> calls)
    {
        try
        {
            var batch = new ReserveBatch(calls);
            var asked = _time.GetTimestamp();
            var document = batch.Document(_session, _options.Lease, _clock.Now + _options.Bound);
            var answer = await _database.AskAsync(ReserveBatch.Statement, document, batch.Read, CancellationToken.None);
            if (answer.Rows.Count > 0)
                _clock.Learn(answer.Rows[0].Answer.Time, asked);
            if (answer.Fault == DatabaseFault.Refused)
                LogReserveRefused(answer.Reason!);
            foreach (var (call, verdict, spent) in answer.Rows)
            {
                _spent[call.Request.KeyId] = spent;
                call.Answer.TrySetResult(verdict);
            }
        }
        catch (Exception e)
        {
            // The boundary of what was handed over to this batch: without it calls would wait for ever.
            LogBroken(e);
        }

        foreach (var call in calls)
            call.Answer.TrySetResult(null);
    }

    private async Task SendRowsAsync(List<PendingRow> rows)
    {
        try
        {
            // Behind a statement that got no answer nobody waits for another one.
            ImmutableArray<LedgerRow> all = [.. rows.Select(row => row.Row)];
            foreach (var left in _database.Failure is null ? await WriteAsync(all) : all)
                Keep(left);
        }
        catch (Exception e)
        {
            // They may have been written: to write them again is harmless.
            LogBroken(e);
            rows.ForEach(row => Keep(row.Row));
        }

        foreach (var row in rows)
            row.Written.TrySetResult();
    }

    /// <summary>Returns those that the database did not take now. It may be given all again, which is harmless.</summary>
    private async Task<ImmutableArray<LedgerRow>> WriteAsync(ImmutableArray<LedgerRow> rows)
    {
        if (await _writer.WriteAsync(rows, CancellationToken.None) is not { } written)
            return rows;
        var corrections = ImmutableArray.CreateBuilder<LedgerRow>();
        var left = ImmutableArray.CreateBuilder<LedgerRow>();
        for (var i = 0; i < rows.Length; i++)
        {
            if (written.Answers[i] is not { } answer)
            {
                left.Add(rows[i]);
                continue;
            }

            _spent[rows[i].Key] = answer.Spent;
            if (answer.GivenUp is { } former)
                corrections.Add(PostgresEntry.Correction(rows[i], former));
        }

        if (corrections.Count > 0 && !(await WriteAsync(corrections.DrainToImmutable())).IsEmpty)
            return rows;
        _writer.Lose(written.Refused);
        return left.DrainToImmutable().RemoveRange(written.Refused.Select(r => r.Row));
    }

    /// <summary>One row of what <see cref="Settle"/> answers.</summary>
    private static (int Row, Settled Answer) ReadSettled(DbDataReader row) =>
        (row.GetInt32(0), new(
            row.IsDBNull(1) ? null : JsonSerializer.Deserialize(row.GetString(1), LedgerJson.Default.GivenUp), row.GetInt64(2)));

    private async Task SendRenewalsAsync(List<PostgresReservation> calls)
    {
        try
        {
            await _database.AskAsync(Renew, Renewals(calls), _ => 0, CancellationToken.None);
        }
        catch (Exception e)
        {
            LogBroken(e);
        }
    }

    private ReadOnlyMemory<byte> Renewals(List<PostgresReservation> calls)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(buffer, LedgerJson.Writing);
        json.WriteStartObject();
        json.WriteNumber("lease", (long)_options.Lease.TotalMilliseconds);
        json.WriteStartArray("calls");
        foreach (var call in calls)
        {
            var (cost, tokens) = call.TakeAccrued();
            json.WriteStartObject();
            json.WriteNumber("number", call.Number);
            json.WriteNumber("cost", cost);
            json.WriteNumber("tokens", tokens);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private void Keep(LedgerRow row)
    {
        _backlog.TryAdd(row);
        _backlog.Failed();
    }

    /// <summary>Writes what was kept, oldest first, until the database takes no more, or other upkeep is due.</summary>
    private async Task FlushAsync()
    {
        await _flushing.WaitAsync();
        try
        {
            var began = _time.GetTimestamp();
            while (_time.GetElapsedTime(began) <= _options.Lease / 12 && _backlog.Take() is { } batch)
            {
                if (!await FlushAsync(batch))
                    return;
            }
        }
        finally
        {
            _flushing.Release();
        }
    }

    /// <summary>False: the database takes no more.</summary>
    private async ValueTask<bool> FlushAsync(SpoolBatch<LedgerRow> batch)
    {
        var left = await WriteAsync(batch.Items);

        // Not on the thread of a socket: it may wait for the volume.
        if (_backlog.IsBehind)
            await Task.Yield();
        if (left.Length < batch.Items.Length)
        {
            // What has to come again does so behind the others.
            foreach (var row in left)
                _backlog.TryAdd(row);
            _backlog.Done();
        }

        if (left.Length > 0)
            _backlog.PutBack();
        return left.IsEmpty;
    }

    /// <summary>What is known of a row that was given to the database.</summary>
    /// <param name="GivenUp">The row that gave its call up before; null: there is none, and it was written.</param>
    /// <param name="Spent">By its key, ever.</param>
    private readonly record struct Settled(GivenUp? GivenUp, long Spent);
}
