using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Gateway.Server.Budget.Redis;

/// <summary>Rows that wait until the ledger has them, in order and bounded. While one batch is written the next one fills.</summary>
internal sealed class LedgerQueue(IOrderedLedger ledger, int max, Action<WaitingRow, long?> written, TimeProvider time)
    : IDisposable
{
    private const int MaxBatch = 256;

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(10);

    private readonly ConcurrentQueue<WaitingRow> _waiting = new();
    private readonly SemaphoreSlim _writing = new(1);
    private ImmutableArray<WaitingRow> _batch = [];
    private long _lost;
    private int _count;

    /// <summary>Rows that did not fit.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public int Count => Volatile.Read(ref _count);

    public Signal Due { get; } = new();

    public void Add(WaitingRow row)
    {
        if (Interlocked.Increment(ref _count) > max)
        {
            Interlocked.Decrement(ref _count);
            Interlocked.Increment(ref _lost);
            return;
        }

        _waiting.Enqueue(row);
        Due.Set();
    }

    /// <summary>Writes all that waits. False: the ledger takes nothing now.</summary>
    public async Task<bool> FlushAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            while (Fill())
            {
                using var bound = new CancellationTokenSource(s_bound, time);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
                if (await WriteAsync(both.Token) is not { } seeds)
                    return false;
                var batch = _batch;
                _batch = [];
                Interlocked.Add(ref _count, -batch.Length);
                for (var i = 0; i < batch.Length; i++)
                    written(batch[i], seeds[i]);
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

    private async ValueTask<ImmutableArray<long?>?> WriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ledger.WriteAsync([.. _batch.Select(r => r.Row)], cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private bool Fill()
    {
        if (!_batch.IsEmpty)
            return true;
        var batch = ImmutableArray.CreateBuilder<WaitingRow>();
        while (batch.Count < MaxBatch && _waiting.TryDequeue(out var row))
            batch.Add(row);
        _batch = batch.DrainToImmutable();
        return !_batch.IsEmpty;
    }
}
