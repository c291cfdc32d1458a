using System.Collections.Immutable;
using Gateway.Server.Budget.Spool;

namespace Gateway.Server.Budget.Redis;

/// <summary>Rows that wait until the ledger has them. While one batch is written the next one fills.</summary>
internal sealed class LedgerQueue(
    IOrderedLedger ledger, SpoolFolder spool, Action<WaitingRow, WrittenRow?> written, TimeProvider time) : IDisposable
{
    private const int MaxBatch = 256;
    private const int MaxRefused = 50_000;

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(10);

    // Not the name that the Postgres tier uses, whose lines are others: a volume may have been of that tier before.
    private readonly Backlog<WaitingRow> _rows = spool.Backlog(
        "counted-rows", new(MaxBatch, Gathers: true), RowDraftJson.Default.SpooledRows);
    private readonly SemaphoreSlim _writing = new(1);

    public long Lost => _rows.Lost;

    public long Count => _rows.Count;

    /// <summary>True where there is no room for calls that must be counted.</summary>
    public bool IsFull => _rows.IsFull;

    /// <summary>True where rows that charge nothing are to be left out.</summary>
    public bool IsFilling => _rows.IsFilling || _rows.Count >= MaxRefused;

    /// <summary>True while the ledger takes nothing, or has not yet caught up.</summary>
    public bool IsBehind => _rows.IsBehind;

    public Signal Due { get; } = new();

    public void Add(WaitingRow row)
    {
        if (_rows.TryAdd(row))
            Due.Set();
    }

    /// <summary>Writes all that waits, as long as it may. False: the ledger takes nothing now.</summary>
    public async Task<bool> FlushAsync(Func<bool> mayWrite, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            while (mayWrite() && _rows.Take() is { } batch)
            {
                using var bound = new CancellationTokenSource(s_bound, time);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
                if (await WriteAsync(batch, both.Token) is not { } answers)
                {
                    _rows.PutBack();
                    return false;
                }

                // Not on the thread of a socket: it may wait for the volume.
                if (_rows.IsBehind)
                    await Task.Yield();
                _rows.Done();
                for (var i = 0; i < batch.Items.Length; i++)
                    written(batch.Items[i], answers[i]);
            }

            return true;
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose()
    {
        _writing.Dispose();
        Due.Dispose();
    }

    private async ValueTask<ImmutableArray<WrittenRow?>?> WriteAsync(SpoolBatch<WaitingRow> batch, CancellationToken cancellationToken)
    {
        try
        {
            return await ledger.WriteAsync([.. batch.Items.Select(r => r.Row)], cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
