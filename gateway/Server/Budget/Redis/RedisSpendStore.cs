using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Gateway.Contract;
using Gateway.Server.Budget.Spool;
using Gateway.Server.Config;
using Gateway.Server.Metering;

namespace Gateway.Server.Budget.Redis;

/// <summary>The tier for many replicas: counters in Redis, moved by scripts; rows in the ledger of Postgres.</summary>
/// <remarks>
/// A reserve is one script, and waits for no longer than its bound. All else is off the path of calls: what they accrue and cost is sent
/// in batches, in order, each counted once however often it is sent, and its row waits, here and in Redis, until the ledger has it.
/// Counters have an epoch: without it, or behind another server than before, nothing is counted until they are seeded anew from the
/// ledger, and nothing admitted until other replicas had the time to say what their calls hold; meanwhile calls follow the failure mode.
/// No failure of a store becomes an exception.
/// </remarks>
internal sealed partial class RedisSpendStore : ISpendStore
{
    // A reserve that comes to the store later than this has nobody any more who would settle it.
    private static readonly TimeSpan s_deadline = TimeSpan.FromMilliseconds(500);

    // Somebody else makes the counters: calls that ask for them all the time would keep the store from that.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly RedisSpendOptions _options;
    private readonly RedisLink _link;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly StoreClock _clock;
    private readonly SpoolFolder _spool;
    private readonly FormerSessions _former;
    private readonly LedgerQueue _rows;

    /// <summary>Of this process, in all that it leaves in the store.</summary>
    private readonly string _session = Guid.CreateVersion7().ToString("N");
    private readonly ConcurrentDictionary<string, RedisReservation> _live = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CounterKind> _definitions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _spent = new(StringComparer.Ordinal);
    private readonly RefusedCalls _refused = new();
    private volatile string? _epoch;
    private volatile string _trouble = "Redis has not answered yet";
    private long _lastNumber;
    private int _silent;

    /// <param name="options">Of the tier.</param>
    /// <param name="link">To the counters; closed with the store.</param>
    /// <param name="ledger">Where rows go.</param>
    /// <param name="spool">Where settlements wait for the one and rows for the other; closed with the store.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Of the store.</param>
    public RedisSpendStore(
        RedisSpendOptions options,
        RedisLink link,
        IOrderedLedger ledger,
        SpoolFolder spool,
        TimeProvider time,
        ILogger<RedisSpendStore> logger)
    {
        _options = options;
        _link = link;
        _ledger = ledger;
        _time = time;
        _logger = logger;
        _clock = new(time);
        _spool = spool;
        _former = spool.Sessions(_session);
        _flushes = new(FlushSafelyAsync);
        _settlings = spool.Backlog("settlements", new(MaxBatch, Gathers: false), RowDraftJson.Default.SpooledSettlings);
        _rows = new(ledger, spool, OnWritten, time);
    }

    /// <summary>Every lease of this process begins with it.</summary>
    public string Session => _session;

    public SpendTier Tier => SpendTier.Redis;

    public StoreHealth Health => new(_epoch is not null && !IsFull, _settlings.Lost + _rows.Lost + _ledger.LostRows);

    private bool IsFull => _rows.IsFull || _settlings.IsFull;

    public async ValueTask<ReserveOutcome> ReserveAsync(ReserveRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var number = Interlocked.Increment(ref _lastNumber);
        var call = new ReserveCall(request, string.Create(CultureInfo.InvariantCulture, $"{_session}-{number}"), number);
        var (reply, mayBeDone) = IsFull && request.MustBeCounted ? (null, false) : await AskAsync(call);
        if (reply is not { } answer)
            return Uncounted(call, mayBeDone);
        if (!answer.IsOk)
            return new(null, RedisAdmission.Refusal(request, call, answer));
        var now = StoreClock.At(answer.Now);
        var limits = request.Limits;
        var admitted = call.Admitted(
            now,
            RedisAdmission.After(limits.RequestsPerMinute, answer.Number(2), now),
            RedisAdmission.After(limits.TokensPerMinute, answer.Number(3), now));
        _spent[request.KeyId] = answer.Number(4);
        _live[admitted.Lease] = admitted;
        return new(admitted, null);
    }

    public void Accrue(Reservation reservation, Money cost, long tokens)
    {
        var call = (RedisReservation)reservation;
        if (!call.Accrue(ReserveCall.Bound(cost.Nanos), ReserveCall.Bound(tokens)))
            return;
        _raising.Enqueue(call);
        AskToFlush();
    }

    public ValueTask SettleAsync(Reservation reservation, Settlement settlement)
    {
        var call = (RedisReservation)reservation;
        if (!call.Close())
            return ValueTask.CompletedTask;
        _live.TryRemove(call.Lease, out _);
        var (cost, tokens) = (ReserveCall.Bound(settlement.Cost.Nanos), ReserveCall.Bound(settlement.Usage.Total));
        _spent.AddOrUpdate(call.Draft.Key, cost, (_, before) => (new Money(before) + new Money(cost)).Nanos);
        Settle(Settling.Of(call, LedgerText.Bound(settlement), cost, tokens, Uncounted(call.Budgets, settlement)));
        return ValueTask.CompletedTask;
    }

    /// <remarks>It is no more than a row: where many wait, those that charge something have the first claim on the room.</remarks>
    public void Refused(RefusedCall call)
    {
        lock (_refused)
            Add(_refused.Add(call, _clock.Now));
    }

    public Money SpentBy(string keyId) => new(_spent.GetValueOrDefault(keyId));

    /// <summary>Budgets that are not charged, as the scripts look for them.</summary>
    private static string Uncounted(ImmutableArray<BudgetModel> budgets, Settlement settlement)
    {
        if (budgets.All(settlement.IsCountedBy))
            return "";
        return $"\n{string.Join('\n', budgets.Where(b => !settlement.IsCountedBy(b)).Select(b => b.Id))}\n";
    }

    private void Add(IEnumerable<LedgerRow> refused)
    {
        foreach (var row in refused)
        {
            if (!_rows.IsFilling)
                _rows.Add(new("", "", row, []));
        }
    }

    private CounterKind InForce(BudgetModel budget) => _definitions.GetValueOrDefault(budget.Id) ?? CounterKind.Of(budget);

    /// <summary>The script's verdict; none where the store cannot count now.</summary>
    private async ValueTask<(RedisReply? Reply, bool MayBeDone)> AskAsync(ReserveCall call)
    {
        var (began, bound) = (_time.GetTimestamp(), _options.Bound);
        while (_epoch is { } epoch && bound - _time.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            var now = _clock.Now;
            call.Aim(InForce, now);
            var arguments = call.Arguments(
                epoch, _session, StoreClock.Micros(now + s_deadline), StoreClock.Micros(_options.Lease));
            var reply = await _link.EvaluateAsync(RedisScript.Reserve, arguments, left);
            if (reply.Items is null)
            {
                Missed(reply);
                return (null, reply.MayBeDone && !reply.IsRefused);
            }

            Volatile.Write(ref _silent, 0);
            _clock.Learn(reply.Now);
            switch (reply.Code)
            {
                case "OK" or "NO":
                    return (reply, true);
                case "EPOCH":
                    Suspend("the counters are lost");
                    return (null, false);
                case "WAIT":
                    return (null, false);
                case "DEFINITION":
                    // Once in the life of a budget: its first call rather waits for the ledger than be refused.
                    (bound, left) = (_options.UpkeepBound, _options.UpkeepBound - _time.GetElapsedTime(began));
                    await DefineAsync(call, (int)reply.Number(2), reply.Text(3), left);
                    break;
            }
        }

        return (null, false);
    }

    private async ValueTask DefineAsync(ReserveCall call, int index, string inForce, TimeSpan left)
    {
        var budget = call.Request.Budgets[index];
        if (inForce.Length > 0 && CounterKind.Parse(inForce) is { } kind)
        {
            _definitions[budget.Id] = kind;
            return;
        }

        Want(budget);
        if (_defining.IsCompleted)
            _defining = DefineAppliedAsync();
        await Task.WhenAny(_defining, Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time));
        if (!_definitions.ContainsKey(budget.Id))
            await Task.Delay(s_pause, _time);
    }

    /// <summary>Goes on where nothing must be counted first; it is counted when it is settled.</summary>
    private ReserveOutcome Uncounted(ReserveCall call, bool mayBeDone)
    {
        if (call.Lines.Length != call.Request.Budgets.Length)
            call.Aim(InForce, _clock.Now);
        var admitted = call.Admitted(_clock.Now, null, null);
        if (!call.Request.MustBeCounted)
        {
            _live[admitted.Lease] = admitted;
            return new(admitted, null);
        }

        if (mayBeDone)
            Settle(Settling.Cancelled(admitted));
        return new(null, new ReserveRefusal.StoreUnavailable($"The counters in Redis cannot be moved: {_trouble}."));
    }

    /// <summary>One answer may be late; several are a store that does not answer, and the next call need not wait to learn that.</summary>
    private void Missed(RedisReply reply)
    {
        if (!reply.MayBeDone || reply.IsRefused || Interlocked.Increment(ref _silent) >= 3)
            Suspend(reply.Failure!);
    }

    private void Suspend(string why)
    {
        _trouble = why;
        if (_epoch is not null)
            LogSuspended(why);
        _epoch = null;
        _upkeepDue.Set();
    }
}
