using System.Collections.Concurrent;
using Gateway.Server.Stores;

namespace Gateway.Server.Budget.Redis;

/// <content>Start and end, and what is done beside the calls.</content>
internal sealed partial class RedisSpendStore
{
    private const int RowsAtOnce = 100;

    // Rows of others are safe where they are, and are not taken by one who cannot get rid of its own.
    private const int MaxTaken = 1000;

    // Rows that may be missing in counters wait in memory for Redis; the others on the volume.
    private const int MaxUnsure = 10_000;

    // Names that Redis could not be told: what it keeps of them is written again, which is harmless.
    private const int MaxConfirmed = 100_000;

    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_lastFlush = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _upkeep = new(1);
    private readonly Signal _upkeepDue = new();
    private readonly Signal _lookDue = new();
    private readonly ConcurrentQueue<string> _confirmed = new();
    private Task _loops = Task.CompletedTask;
    private volatile bool _isStarted;
    private volatile string? _joined;
    private volatile string? _run;
    private int _verified = -1;
    private bool _reportedLedger;
    private long _checked;
    private long _renewed;
    private long _swept;

    /// <summary>From here on upkeep is done; without it only when it is asked for.</summary>
    public void Start()
    {
        _spool.Start();
        _isStarted = true;
        _loops = Task.WhenAll(
            Task.Run(() => RepeatAsync(_upkeepDue, s_beat, BeatAsync)),
            Task.Run(() => RepeatAsync(_readDue, _options.CheckInterval, RefreshAppliedAsync)),
            Task.Run(() => RepeatAsync(_lookDue, _options.SweepInterval, LookAtOtherTierAsync)),
            Task.Run(() => RepeatAsync(_flushDue, s_beat, async () =>
            {
                if (!await FlushAsync())
                    await Task.Delay(s_beat, _time, _stop.Token);
            })),
            Task.Run(() => RepeatAsync(_rows.Due, s_retry, async () =>
            {
                await Task.Delay(_options.RowGather, _time, _stop.Token);
                var failed = !await _rows.FlushAsync(MayWrite, _stop.Token);
                if (failed && !_reportedLedger)
                    LogLedgerFails(_rows.Count);
                _reportedLedger = failed;
                if (failed)
                    await Task.Delay(s_retry, _time, _stop.Token);
            })));
    }

    /// <summary>All that was accrued and settled so far is counted, and its rows are in the ledger, if both can be asked.</summary>
    public async Task KeepUpAsync()
    {
        await CheckAsync();
        await FlushAsync();
        if (_epoch is { } epoch)
            await RenewAsync(epoch);
        await GiveUpFormerAsync();
        await _rows.FlushAsync(MayWrite, CancellationToken.None);
        await LookAtOtherTierAsync();
        await CheckAsync();
        await RefreshAppliedAsync();
    }

    /// <summary>Gives up calls whose lease has ended, of all replicas, and takes their rows.</summary>
    public async Task SweepAsync()
    {
        while (_epoch is { } epoch)
        {
            RespArgument[] arguments =
            [
                epoch, StoreClock.Micros(_options.Lease), StoreClock.Micros(_options.SweepInterval), RowsAtOnce,
                StoreClock.Micros(_options.RowPatience), _rows.Count < MaxTaken && !_rows.IsBehind ? RowsAtOnce : 0,
            ];
            var reply = await _link.EvaluateAsync(RedisScript.Sweep, arguments, _options.UpkeepBound);
            if (!IsDone(reply))
                return;
            if (reply.Number(2) > 0)
                LogAbandoned(reply.Number(2));
            for (var i = 3; i + 1 < reply.Items!.Length; i += 2)
            {
                if (WaitingRow.Parse(reply.Text(i), reply.Text(i + 1)) is { } row)
                    _rows.Add(row);
                else
                    LogBadRow(reply.Text(i));
            }

            if (reply.Items.Length < 3 + (2 * RowsAtOnce) && reply.Number(2) < RowsAtOnce)
                return;
        }
    }

    /// <summary>Looks at the state that all share: joins an epoch, rebuilds a lost one, learns and puts in force definitions.</summary>
    public async Task CheckAsync()
    {
        await _upkeep.WaitAsync();
        try
        {
            // Twice: what was just rebuilt is joined at once.
            if (await JoinAsync() == Joining.Rebuilt)
                await JoinAsync();
            if (_joined is { } epoch && _epoch is not null)
            {
                await DefineAppliedAsync();
                await LookAgainAsync(epoch);
            }
        }
        finally
        {
            _upkeep.Release();
        }
    }

    /// <summary>Counts and writes what waits, for as long as a process has when it ends, and leaves the rest on the volume.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loops.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_refused)
            Add(_refused.TakeAll());
        using var bound = new CancellationTokenSource(s_lastFlush, _time);
        try
        {
            await FlushAsync().WaitAsync(bound.Token);
            await _rows.FlushAsync(MayWrite, bound.Token).WaitAsync(bound.Token);
            await ConfirmAsync().WaitAsync(bound.Token);
        }
        catch (OperationCanceledException)
        {
            // What waits stays on the volume; what was counted waits in Redis too.
        }

        _spool.Dispose();
        _link.Dispose();
        _stop.Dispose();
    }

    /// <summary>Ends without a word, as a process does that is killed.</summary>
    internal void Kill()
    {
        _stop.Cancel();
        _epoch = null;
        _spool.Kill();
        _link.Dispose();
    }

    private async Task RepeatAsync(Signal due, TimeSpan atMost, Func<Task> act)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await due.WaitAsync(atMost, _stop.Token);
                await act();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The boundary of this loop: without it every call would end uncounted from here on.
                LogUpkeepFailed(e);
            }
        }
    }

    private async Task BeatAsync()
    {
        if (_epoch is null || _link.Incarnation != _verified || !_unsure.IsEmpty || IsDue(ref _checked, _options.CheckInterval))
            await CheckAsync();
        await ConfirmAsync();
        lock (_refused)
            Add(_refused.Due(_clock.Now));
        if (_epoch is { } epoch && IsDue(ref _renewed, _options.Lease / 3))
            await RenewAsync(epoch);
        await GiveUpFormerAsync();
        if (_epoch is not null && IsDue(ref _swept, _options.SweepInterval))
            await SweepAsync();
    }

    /// <summary>What the process before this one has left is given up now; what it had brought to the volume goes first.</summary>
    private async ValueTask GiveUpFormerAsync()
    {
        if (_former.Ids.IsEmpty || _settlings.IsBehind || _epoch is not { } epoch)
            return;
        if (!IsDone(await _link.EvaluateAsync(RedisScript.Orphan, [epoch, .. _former.Ids.Select(id => (RespArgument)id)], _options.UpkeepBound)))
            return;
        _former.Forget();
        await SweepAsync();
    }

    private bool MayWrite() => _unsure.Count < MaxUnsure;

    private bool IsDue(ref long last, TimeSpan interval)
    {
        if (_time.GetElapsedTime(last) < interval)
            return false;
        last = _time.GetTimestamp();
        return true;
    }

    private async ValueTask<Joining> JoinAsync()
    {
        if (!_link.IsConnected)
        {
            Suspend("Redis cannot be connected");
            await _link.ConnectAsync();
        }

        var incarnation = _link.Incarnation;
        if (incarnation != _verified)
        {
            _run = await _link.IdentityAsync(_options.UpkeepBound);
            await AbortUnfinishedAsync();
        }

        var reply = _run is null ? RedisReply.Unsent : await _link.EvaluateAsync(RedisScript.State, [], _options.UpkeepBound);
        if (!reply.IsOk || incarnation != _link.Incarnation)
        {
            _verified = -1;
            Suspend(reply.Failure ?? "the connection was lost");
            return Joining.Failed;
        }

        _verified = incarnation;
        _clock.Learn(reply.Now);
        var state = StoreState.Of(reply);
        if (state.Epoch is null || state.Run != _run)
        {
            Suspend("the counters are lost");
            _joined = null;
            return !state.IsSeeding && await RebuildAsync() ? Joining.Rebuilt : Joining.Failed;
        }

        if (!state.IsSeeding && LacksOtherTier(state))
        {
            Suspend("the counters lack what other replicas have counted in Postgres");
            _joined = null;
            return await RebuildAsync() ? Joining.Rebuilt : Joining.Failed;
        }

        if (state.Epoch != _joined && !await AdoptAsync(state.Epoch, [.. _live.Values], all: true))
            return Joining.Failed;
        _joined = state.Epoch;
        Learn(state);
        if (_epoch != state.Epoch)
        {
            LogResumed(state.Epoch, _live.Count);
            _lookDue.Set();
        }

        Volatile.Write(ref _silent, 0);
        _epoch = state.Epoch;
        if (_readings.IsEmpty)
            _readDue.Set();
        return Joining.Joined;
    }

    /// <summary>Rows of which it was not sure whether the counters have them.</summary>
    private async ValueTask LookAgainAsync(string epoch)
    {
        if (!_unsure.IsEmpty)
        {
            var reply = await _link.EvaluateAsync(RedisScript.State, [], _options.UpkeepBound);
            if (reply.IsOk && StoreState.Of(reply) is { IsSeeding: false } state && state.Epoch == epoch)
            {
                Learn(state);
                await CountLateAsync(epoch);
            }
        }

        await ConfirmAsync();
    }

    private async Task ConfirmAsync()
    {
        while (_epoch is not null && !_confirmed.IsEmpty)
        {
            var names = new List<RespArgument>();
            while (names.Count < RowsAtOnce && _confirmed.TryDequeue(out var name))
                names.Add(name);
            if (!(await _link.EvaluateAsync(RedisScript.Confirm, [.. names], _options.UpkeepBound)).IsOk)
                return;
        }
    }

    private async ValueTask RenewAsync(string epoch)
    {
        foreach (var calls in _live.Values.Chunk(RowsAtOnce))
        {
            if (!await RenewAsync(epoch, calls))
                return;
        }
    }

    private enum Joining
    {
        Failed,
        Rebuilt,
        Joined,
    }
}
