using System.Collections.Immutable;
using System.Data.Common;

namespace Gateway.Server.Budget.Postgres;

/// <summary>Writes rows to the ledger; one that it will never take holds up no other.</summary>
/// <param name="database">Of the ledger.</param>
/// <param name="statement">Takes rows, and answers for each that it knows something of.</param>
/// <param name="read">One row of the answer: the number of the row that it is about, and what it says.</param>
/// <param name="logger">Told of rows that are lost.</param>
internal sealed partial class RowWriter<T>(
    LedgerDatabase database, string statement, Func<DbDataReader, (int Row, T Answer)> read, ILogger logger)
    where T : struct
{
    // What fails in an unforeseen way may pass, as a lack of memory does; what fails so often does not.
    private const int MaxFailures = 3;

    private long _lost;
    private volatile Failures? _failures;

    /// <summary>Rows that the database will never take.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>
    /// All together; where that is refused, each alone. Null: the database does not take all of them now, and may be given all again, which
    /// is harmless. Rows that are refused count as lost only once they are told to <see cref="Lose"/>: they are not given again then.
    /// </summary>
    public async ValueTask<WrittenRows<T>?> WriteAsync(ImmutableArray<LedgerRow> rows, CancellationToken cancellationToken)
    {
        var answers = new T?[rows.Length];
        var together = await AskAsync(rows, mayPass: true, cancellationToken);
        if (together.Fault == DatabaseFault.Unavailable)
            return null;
        foreach (var (row, answer) in together.Rows)
            answers[row] = answer;
        if (together.Fault == DatabaseFault.None)
            return new([.. answers], []);

        var refused = ImmutableArray.CreateBuilder<(LedgerRow, string)>();
        for (var i = 0; i < rows.Length; i++)
        {
            var alone = rows.Length == 1 ? together : await AskAsync([rows[i]], mayPass: false, cancellationToken);
            if (alone.Fault == DatabaseFault.Unavailable)
                return null;
            if (alone.Fault == DatabaseFault.Refused)
                refused.Add((rows[i], alone.Reason!));
            foreach (var (_, answer) in alone.Rows)
                answers[i] = answer;
        }

        return new([.. answers], refused.DrainToImmutable());
    }

    /// <summary>Counts rows as lost, and says why.</summary>
    public void Lose(ImmutableArray<(LedgerRow Row, string Reason)> refused)
    {
        foreach (var (row, reason) in refused)
        {
            Interlocked.Increment(ref _lost);
            LogRefused(row.CallId, reason);
        }
    }

    private async ValueTask<DatabaseAnswer<(int Row, T Answer)>> AskAsync(
        ImmutableArray<LedgerRow> rows, bool mayPass, CancellationToken cancellationToken)
    {
        try
        {
            return await database.AskAsync(statement, LedgerJson.Rows(rows), read, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogBroken(e);
            var failures = new Failures(rows[0].CallId, _failures is { } f && f.CallId == rows[0].CallId ? f.Times + 1 : 1);
            _failures = failures;
            return new([], mayPass && failures.Times < MaxFailures ? DatabaseFault.Unavailable : DatabaseFault.Refused)
            {
                Reason = e.Message,
            };
        }
    }

    [LoggerMessage(265, LogLevel.Error, "Postgres does not take the ledger row of call {CallId}, which is lost: {Reason}")]
    private partial void LogRefused(string callId, string reason);

    [LoggerMessage(266, LogLevel.Error, "Rows could not be written to the ledger, in an unforeseen way")]
    private partial void LogBroken(Exception exception);

    /// <summary>How often the rows that begin with this call have failed.</summary>
    private sealed record Failures(string CallId, int Times);
}

/// <summary>What became of rows.</summary>
/// <param name="Answers">As many as there are rows; null where nothing is known of one.</param>
/// <param name="Refused">Those that the database will never take, and why.</param>
internal readonly record struct WrittenRows<T>(ImmutableArray<T?> Answers, ImmutableArray<(LedgerRow Row, string Reason)> Refused)
    where T : struct;
