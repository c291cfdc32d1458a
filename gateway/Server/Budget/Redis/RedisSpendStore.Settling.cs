using System.Collections.Concurrent;
using Gateway.Server.Budget.Spool;
using Gateway.Server.Stores;

namespace Gateway.Server.Budget.Redis;

/// <content>What calls have accrued and cost, off their path.</content>
internal sealed partial class RedisSpendStore
{
    // The server does nothing else while it counts a batch: this many take it about a millisecond.
    private const int MaxBatch = 64;

    private readonly ConcurrentQueue<RedisReservation> _raising = new();
    private readonly Backlog<Settling> _settlings;
    private readonly SemaphoreSlim _flushing = new(1);
    private readonly Signal _flushDue = new();
    private readonly Pump _flushes;

    // The last batch that the store may have counted without an answer.
    private (string Session, long Number) _unanswered;

    /// <remarks>Where there is no room its lease ends, and it is charged what it had accrued.</remarks>
    private void Settle(Settling settling)
    {
        if (_settlings.TryAdd(settling))
            AskToFlush();
    }

    /// <summary>At once and from here, without another thread, unless it may read the volume.</summary>
    private void AskToFlush()
    {
        if (_settlings.IsBehind)
            _flushDue.Set();
        else
            _flushes.Ask();
    }

    private async Task FlushSafelyAsync()
    {
        if (_stop.IsCancellationRequested || !_isStarted)
            return;
        try
        {
            await FlushAsync(mayRead: false);
        }
        catch (Exception e)
        {
            // The boundary of what calls leave behind: they have ended, and the upkeep tries it again.
            LogUpkeepFailed(e);
        }
    }

    /// <summary>Counts all that was accrued and settled. False: the store cannot count now.</summary>
    public Task<bool> FlushAsync() => FlushAsync(mayRead: true);

    private async Task<bool> FlushAsync(bool mayRead)
    {
        await _flushing.WaitAsync();
        try
        {
            while (_epoch is { } epoch)
            {
                if (!await RaiseAsync(epoch))
                    return false;
                if (!mayRead && _settlings.IsBehind)
                {
                    _flushDue.Set();
                    return true;
                }

                if (_settlings.Take() is not { } batch)
                    return true;
                if (!await SendAsync(epoch, batch, canWait: !mayRead))
                    break;
            }

            _settlings.PutBack();
            return false;
        }
        finally
        {
            _flushing.Release();
        }
    }

    private async ValueTask<bool> SendAsync(string epoch, SpoolBatch<Settling> batch, bool canWait)
    {
        var reply = await _link.EvaluateAsync(RedisScript.Settle, Arguments(epoch, batch), _options.UpkeepBound, canWait);
        if (reply is { Items: null, MayBeDone: true })
            _unanswered = (batch.Session, batch.Number);
        if (!IsDone(reply))
            return false;

        // What comes now may wait for the volume, and not on the thread of the socket that the answer came from.
        if (_settlings.IsBehind)
            await Task.Yield();
        for (var i = 0; i < batch.Items.Length; i++)
        {
            if (reply.Text(2 + i) is { Length: > 0 } head)
                _rows.Add(WaitingRow.Of(batch.Items[i].Lease, head, batch.Items[i].Draft));
        }

        _settlings.Done();
        return true;
    }

    /// <remarks>
    /// Until it is answered it is sent as it is: the store knows its number, also from the process before. Counters of another epoch have
    /// not seen it; but the ledger may have, where those before did and their answer was lost. Of a batch on the volume nobody knows
    /// whether the process before has sent it.
    /// </remarks>
    private RespArgument[] Arguments(string epoch, SpoolBatch<Settling> batch)
    {
        const int Fixed = 6;
        const int OfEach = 9;
        var arguments = new RespArgument[Fixed + (OfEach * batch.Items.Length)];
        var isAgain = batch.End is not null || _unanswered == (batch.Session, batch.Number);
        Put(0, [epoch, batch.Session, batch.Number, _options.MaxWaiting, StoreClock.Micros(_options.RowPatience), isAgain ? 1 : 0]);
        for (var i = 0; i < batch.Items.Length; i++)
        {
            var s = batch.Items[i];
            Put(
                Fixed + (OfEach * i),
                [s.Lease, s.Draft.Key, s.Cost, s.Tokens, s.StartedAt, s.DraftJson, s.Holds, s.Uncovered, s.IsCancelled ? 1 : 0]);
        }

        return arguments;

        void Put(int at, ReadOnlySpan<RespArgument> next) => next.CopyTo(arguments.AsSpan(at));
    }

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
        RespArgument[] arguments =
        [
            epoch, StoreClock.Micros(_options.Lease),
            .. calls.SelectMany(IEnumerable<RespArgument> (c) => [c.Lease, c.AccruedCost, c.AccruedTokens]),
        ];
        var reply = await _link.EvaluateAsync(RedisScript.Renew, arguments, _options.UpkeepBound);
        if (!IsDone(reply))
            return false;
        var unknown = reply.Items!.Skip(2).Select(id => _live.GetValueOrDefault(id.Text!)).OfType<RedisReservation>().ToList();
        return unknown.Count == 0 || await AdoptAsync(epoch, unknown, all: false);
    }

    private async ValueTask<bool> AdoptAsync(string epoch, IReadOnlyCollection<RedisReservation> calls, bool all)
    {
        RespArgument[] arguments =
        [
            epoch, _session, all ? 1 : 0, StoreClock.Micros(_options.Lease),
            .. calls.SelectMany(IEnumerable<RespArgument> (c) =>
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
}
