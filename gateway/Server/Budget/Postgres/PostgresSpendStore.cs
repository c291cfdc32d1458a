using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Gateway.Contract;
using Gateway.Server.Budget.Spool;
using Gateway.Server.Config;
using Gateway.Server.Metering;

namespace Gateway.Server.Budget.Postgres;

/// <summary>
/// The tier of a few replicas: counters, limits and live calls in Postgres, next to the ledger, by its clock.
/// </summary>
/// <remarks>
/// What arrives while a statement is under way goes together with the next one. A live call is a lease that this replica renews; any
/// replica gives up those that are over. While the database does not answer, calls under a blocking budget or a limit follow the request's
/// failure mode; all others go on, uncounted, and are charged when it is back. Counters that are missing are made from the ledger, so a
/// budget that is defined anew needs nothing but its first call.
/// </remarks>
internal sealed partial class PostgresSpendStore : ISpendStore
{
    // A counter that was made may be cleared away again at once, and a period may end twice in a row; more often is a fault.
    private const int MaxAttempts = 5;

    private const long MaxTokens = 10 * TokenUsage.MaxCount;

    private readonly LedgerDatabase _database;
    private readonly PostgresSpendOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly StoreClock _clock;
    private readonly Batcher<PendingReserve> _reserves;
    private readonly Batcher<PendingRow> _settles;
    private readonly Batcher<PostgresReservation> _renewals;
    private readonly ConcurrentDictionary<long, PostgresReservation> _live = new();
    private readonly ConcurrentDictionary<string, long> _spent = new(StringComparer.Ordinal);
    private readonly RefusedCalls _refused = new();
    private readonly SpoolFolder _spool;
    private readonly Backlog<LedgerRow> _backlog;
    private readonly SemaphoreSlim _flushing = new(1);
    private readonly FormerSessions _former;

    /// <summary>Of this process, in all that it holds in the database.</summary>
    private readonly string _session = Guid.CreateVersion7().ToString("N");

    private readonly CancellationTokenSource _stop = new();
    private readonly CounterSeeds _seeds;
    private readonly RowWriter<Settled> _writer;
    private Task _upkeep = Task.CompletedTask;

    private PostgresSpendStore(LedgerDatabase database, SpoolFolder spool, PostgresSpendOptions options, TimeProvider time, ILogger logger)
    {
        _database = database;
        _spool = spool;
        _former = spool.Sessions(_session);
        _backlog = spool.Backlog("rows", new(options.MaxBatch, Gathers: true), LedgerJson.Default.SpooledRows);
        _options = options;
        _time = time;
        _logger = logger;
        _clock = new(time);
        _reserves = new(options.MaxBatch, SendReservesAsync);
        _settles = new(options.MaxBatch, SendRowsAsync);
        _renewals = new(options.MaxBatch, SendRenewalsAsync);
        _seeds = new(database, options, logger);
        _writer = new(database, Settle, ReadSettled, logger);
    }

    public SpendTier Tier => SpendTier.Postgres;

    public StoreHealth Health => new(_database.Failure is null, _writer.Lost + _backlog.Lost);

    /// <summary>
    /// Brings the schema up to date, and begins the upkeep. A database that is not there is no failure: the failure mode applies until
    /// it is.
    /// </summary>
    /// <param name="database">Of the ledger.</param>
    /// <param name="spool">Where rows wait for it; closed with the store.</param>
    /// <param name="options">Of the tier.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Of the store.</param>
    public static async Task<PostgresSpendStore> OpenAsync(
        LedgerDatabase database, SpoolFolder spool, PostgresSpendOptions options, TimeProvider time, ILogger<PostgresSpendStore> logger)
    {
        var store = new PostgresSpendStore(database, spool, options, time, logger);
        await store.StartAsync();
        return store;
    }

    public ValueTask<ReserveOutcome> ReserveAsync(ReserveRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(ReserveAsync(request));
    }

    public void Accrue(Reservation reservation, Money cost, long tokens)
    {
        var call = (PostgresReservation)reservation;
        if (call.Accrue(Math.Min(cost.Nanos, PendingReserve.MaxAmount), Math.Min(tokens, MaxTokens)) && _database.Failure is null)
            _renewals.Add(call);
    }

    /// <remarks>Ends when the row is written, or when the database did not take it: then it waits in the backlog.</remarks>
    public async ValueTask SettleAsync(Reservation reservation, Settlement settlement)
    {
        var call = (PostgresReservation)reservation;
        if (!call.Settle())
            return;
        _live.TryRemove(call.Number, out _);
        var row = new PendingRow(PostgresEntry.Settled(call, LedgerText.Bound(settlement), _clock.Now));
        if (_database.Failure is not null)
        {
            Keep(row.Row);
            return;
        }

        _settles.Add(row);
        await row.Written.Task;
    }

    /// <remarks>Left out while the database takes nothing: what was charged has the first claim on the room that there is.</remarks>
    public void Refused(RefusedCall call)
    {
        if (_database.Failure is not null)
            return;
        lock (_refused)
            Write(_refused.Add(call, _clock.Now));
    }

    /// <summary>Nothing has to be done: a request carries the limit, and its counter is made when it is missing.</summary>
    public void Apply(ImmutableArray<BudgetModel> budgets)
    {
        _applied = budgets;
        _hasUnread = !budgets.All(HasRead);
    }

    public Money SpentBy(string keyId) => new(_spent.GetValueOrDefault(keyId));

    /// <summary>
    /// Writes what waits, as long as the database takes it, and leaves the rest on the volume. Calls that are still live are given up by
    /// the next process on this volume, or by another replica when their lease is over.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _upkeep.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _refreshing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_refused)
            Write(_refused.TakeAll());
        await _reserves.DrainAsync();
        await _settles.DrainAsync();
        await _renewals.DrainAsync();
        await FlushAsync();
        _spool.Dispose();
        _stop.Dispose();
    }

    /// <summary>Ends without a word, as a process does that is killed.</summary>
    internal void Kill()
    {
        _stop.Cancel();
        _spool.Kill();
    }

    private void Write(IEnumerable<LedgerRow> rows)
    {
        foreach (var row in rows)
            _settles.Add(new(row));
    }

    private async Task<ReserveOutcome> ReserveAsync(ReserveRequest request)
    {
        var number = BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue;
        var began = _time.GetTimestamp();
        for (var attempt = 0; attempt < MaxAttempts && _database.Failure is null; attempt++)
        {
            var pending = new PendingReserve(request, number, Holds(request));

            // A question that has to wait for a lock would hold up all that are asked with it.
            if (_seeds.AreLong(pending) && !await AreMadeAsync(pending, began))
                break;
            _reserves.Add(pending);
            if (await pending.Answer.Task is not { } answer)
                return Uncounted(request, number, mayBeAdmitted: true);
            if (answer.Verdict == ReserveVerdict.CounterMissing)
            {
                if (!await AreMadeAsync(pending, began))
                    break;
                attempt--;
            }
            else if (answer.Verdict != ReserveVerdict.OtherTime)
                return answer.Verdict == ReserveVerdict.Admitted ? new(Admit(pending, answer), null) : new(null, Refusal(pending, answer));
        }

        return Uncounted(request, number, mayBeAdmitted: false);
    }

    /// <summary>
    /// Has the call's counters made. False: the database does not make them, or it takes longer than the call waits; it goes on then, and
    /// later calls find it done.
    /// </summary>
    private async ValueTask<bool> AreMadeAsync(PendingReserve pending, long began)
    {
        var making = _seeds.MakeAsync(pending);
        var left = _options.Bound - _time.GetElapsedTime(began);
        if (left <= TimeSpan.Zero)
            return false;
        await Task.WhenAny(making, Task.Delay(left, _time));
        return making.IsCompleted && await making;
    }

    private ImmutableArray<PostgresHold> Holds(ReserveRequest request) =>
        [.. request.Budgets.Select(budget => PendingReserve.Hold(request, budget, _clock.PeriodOf(budget)))];

    private PostgresReservation Admit(PendingReserve pending, in ReserveAnswer answer)
    {
        var limits = pending.Request.Limits;
        return Track(new()
        {
            Number = pending.Number,
            CallId = pending.Request.CallId,
            StartedAt = answer.Time,
            KeyId = pending.Request.KeyId,
            Facts = pending.Facts,
            Holds = pending.Holds,
            Covered = (pending.Cost, pending.Tokens),
            Requests = After(limits.RequestsPerMinute, answer.Requests, answer),
            Tokens = After(limits.TokensPerMinute, answer.Tokens, answer),
        });
    }

    private static LimitState? After(long? limit, long used, in ReserveAnswer answer) =>
        limit is { } max ? new(max, Math.Max(max - used, 0), answer.MinuteEnd) : null;

    private PostgresReservation Track(PostgresReservation call)
    {
        call.LastStirred = _time.GetTimestamp();
        _live[call.Number] = call;
        return call;
    }

    private static ReserveRefusal Refusal(PendingReserve pending, in ReserveAnswer answer)
    {
        var limits = pending.Request.Limits;
        return answer.Verdict switch
        {
            ReserveVerdict.BudgetExceeded => new ReserveRefusal.BudgetExceeded(
                answer.Hold.Budget, answer.Settled, answer.Hold.Period.End) { Requested = answer.Hold.Reserved },
            ReserveVerdict.BudgetReserved => new ReserveRefusal.BudgetReserved(answer.Hold.Budget, answer.Settled, answer.Live),
            ReserveVerdict.Requests => Limited("requests", limits.RequestsPerMinute, 0, 1, answer.MinuteEnd),
            ReserveVerdict.Tokens => Limited(
                "tokens", limits.TokensPerMinute, limits.TokensPerMinute!.Value - answer.Tokens, pending.Tokens, answer.MinuteEnd),

            // When a live call will end is not known: a second is what clients are told elsewhere too.
            ReserveVerdict.Parallel => Limited("concurrent_requests", limits.MaxParallelRequests, 0, 1, answer.Time.AddSeconds(1)),
            _ => throw new InvalidOperationException($"{answer.Verdict} is no refusal"),
        };
    }

    private static ReserveRefusal.RateLimited Limited(string type, long? limit, long remaining, long requested, DateTimeOffset reset) =>
        new(type, new(limit!.Value, Math.Max(remaining, 0), reset)) { Requested = requested };

    /// <summary>
    /// The failure mode. Whether the store has admitted the call is not known where the answer was lost, so a call that does not go is
    /// settled too, for nothing.
    /// </summary>
    private ReserveOutcome Uncounted(ReserveRequest request, long number, bool mayBeAdmitted)
    {
        var call = new PostgresReservation
        {
            Number = number,
            CallId = request.CallId,
            StartedAt = _clock.Now,
            KeyId = request.KeyId,
            Facts = LedgerText.Bound(request.Facts),
            Holds = Holds(request),
            Covered = (long.MaxValue, long.MaxValue),
        };
        if (!request.MustBeCounted)
            return new(Track(call), null);
        if (mayBeAdmitted)
            Keep(PostgresEntry.Settled(call, new() { Status = CallStatus.Failed, Cost = Money.Zero, Usage = new() }, _clock.Now));
        return new(null, new ReserveRefusal.StoreUnavailable("The spend database does not answer."));
    }
}

/// <summary>A row on its way.</summary>
internal sealed record PendingRow(LedgerRow Row)
{
    /// <summary>Ends when the first attempt to write it has ended.</summary>
    public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
