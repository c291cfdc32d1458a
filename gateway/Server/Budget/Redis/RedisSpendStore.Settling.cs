using System.Collections.Concurrent;
using System.Collections.Immutable;
using StackExchange.Redis;

namespace Gateway.Server.Budget.Redis;

/// <content>What calls have accrued and cost, off their path.</content>
internal sealed partial class RedisSpendStore
{
    // The server does nothing else while it counts a batch: this many take it about a millisecond.
    private const int MaxBatch = 64;

    private readonly ConcurrentQueue<RedisReservation> _raising = new();
    private readonly ConcurrentQueue<Settling> _settling = new();
    private readonly SemaphoreSlim _flushing = new(1);
    private readonly Signal _flushDue = new();
    private Batch? _batch;
    private long _lastBatch;
    private int _settlingCount;
    private long _lost;

    private void Settle(Settling settling)
    {
        if (Interlocked.Increment(ref _settlingCount) > _options.MaxWaiting)
        {
            // Its lease ends, and it is charged what it had accrued.
            Interlocked.Decrement(ref _settlingCount);
            Interlocked.Increment(ref _lost);
            return;
        }

        _settling.Enqueue(settling);
        _flushDue.Set();
    }

    /// <summary>Counts all that was accrued and settled. False: the store cannot count now.</summary>
    public async Task<bool> FlushAsync()
    {
        await _flushing.WaitAsync();
        try
        {
            while (_epoch is { } epoch)
            {
                if (!await RaiseAsync(epoch))
                    return false;
                if (!Fill())
                    return true;
                if (!await SendAsync(epoch))
                    return false;
            }

            return false;
        }
        finally
        {
            _flushing.Release();
        }
    }

    private bool Fill()
    {
        if (_batch is not null)
            return true;
        var calls = ImmutableArray.CreateBuilder<Settling>();
        while (calls.Count < MaxBatch && _settling.TryDequeue(out var settling))
            calls.Add(settling);
        if (calls.Count > 0)
            _batch = new("", 0, calls.DrainToImmutable());
        return _batch is not null;
    }

    private async ValueTask<bool> SendAsync(string epoch)
    {
        // Until it is answered it is sent as it is: the store knows its number. Counters of another epoch have not seen it.
        var batch = _batch = _batch!.Epoch == epoch ? _batch : _batch with { Epoch = epoch, Number = ++_lastBatch };
        var reply = await _link.EvaluateAsync(RedisScript.Settle, Arguments(batch), _options.UpkeepBound);
        if (!IsDone(reply))
            return false;
        for (var i = 0; i < batch.Calls.Length; i++)
        {
            if (reply.Text(2 + i) is { Length: > 0 } head)
                _rows.Add(WaitingRow.Of(batch.Calls[i].Call.Lease, head, batch.Calls[i].Draft));
        }

        _batch = null;
        Interlocked.Add(ref _settlingCount, -batch.Calls.Length);
        return true;
    }

    private RedisValue[] Arguments(Batch batch) =>
    [
        batch.Epoch, _session, batch.Number, _options.MaxWaiting, StoreClock.Micros(_options.RowPatience),
        .. batch.Calls.SelectMany(IEnumerable<RedisValue> (s) =>
        [
            s.Call.Lease, s.Draft.Key, s.Cost, s.Tokens, StoreClock.Micros(s.Call.StartedAt), s.DraftJson, s.Call.Holds, s.Uncovered,
            s.IsCancelled ? 1 : 0,
        ]),
    ];

    private async ValueTask<bool> RaiseAsync(string epoch)
    {
        var calls = new List<RedisReservation>();
        while (calls.Count < MaxBatch && _raising.TryDequeue(out var call))
        {
            call.BeginRaise();
            calls.Add(call);
        }

        if (calls.Count == 0 || await RenewAsync(epoch, calls))
            return true;
        calls.ForEach(_raising.Enqueue);
        return false;
    }

    /// <summary>Renews the leases of these calls, with what they have accrued.</summary>
    private async ValueTask<bool> RenewAsync(string epoch, IReadOnlyCollection<RedisReservation> calls)
    {
        RedisValue[] arguments =
        [
            epoch, StoreClock.Micros(_options.Lease),
            .. calls.SelectMany(IEnumerable<RedisValue> (c) => [c.Lease, c.AccruedCost, c.AccruedTokens]),
        ];
        var reply = await _link.EvaluateAsync(RedisScript.Renew, arguments, _options.UpkeepBound);
        if (!IsDone(reply))
            return false;
        var unknown = reply.Items!.Skip(2).Select(id => _live.GetValueOrDefault((string)id!)).OfType<RedisReservation>().ToList();
        return unknown.Count == 0 || await AdoptAsync(epoch, unknown, all: false);
    }

    private async ValueTask<bool> AdoptAsync(string epoch, IReadOnlyCollection<RedisReservation> calls, bool all)
    {
        RedisValue[] arguments =
        [
            epoch, _session, all ? 1 : 0, StoreClock.Micros(_options.Lease),
            .. calls.SelectMany(IEnumerable<RedisValue> (c) =>
            [
                c.Lease, c.Draft.Key, StoreClock.Micros(c.StartedAt), c.ReservedCost, c.ReservedTokens, c.PromptCost, c.PromptTokens,
                c.AccruedCost, c.AccruedTokens, c.DraftJson, c.Holds,
            ]),
        ];
        return IsDone(await _link.EvaluateAsync(RedisScript.Adopt, arguments, _options.UpkeepBound));
    }

    /// <summary>True: it was done. Else the store is not asked again before it has been looked at.</summary>
    private bool IsDone(RedisReply reply)
    {
        if (reply.IsOk)
            return true;
        Suspend(reply.Failure ?? "the counters are lost");
        return false;
    }

    /// <summary>Calls that are counted together.</summary>
    private sealed record Batch(string Epoch, long Number, ImmutableArray<Settling> Calls);
}
