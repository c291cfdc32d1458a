using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Server.Budget.Files;
using Gateway.Server.Config;
using Gateway.Server.Metering;

namespace Gateway.Server.Budget.Embedded;

/// <summary>
/// The tier without a database, for one replica: counters in memory, rebuilt from an append-only journal on the pod's volume.
/// </summary>
/// <remarks>
/// One lock guards all that counts; a decision under it takes about a microsecond and does no I/O. A call's open record is with the
/// operating system before the call is sent, its row before <see cref="SettleAsync"/> returns: both survive the process. While the disk
/// takes nothing, calls under a blocking budget or a limit follow the request's failure mode; all others go on, are counted, and are
/// written later. No failure of the disk becomes an exception.
/// </remarks>
internal sealed partial class EmbeddedSpendStore : ISpendStore
{
    // Tokens of a minute are summed without a check for overflow.
    private const long MaxTokens = 10 * TokenUsage.MaxCount;

    private readonly Lock _gate = new();
    private readonly DirectoryLock _directory;
    private readonly Segments _segments;
    private readonly SpendBook _book;
    private readonly JournalWriter _journal;
    private readonly JournalLine _line = new();
    private readonly EmbeddedSpendOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RefusedCalls _refused = new();
    private readonly JournalReports _reports;
    private Heartbeat? _heartbeat;
    private bool _closed;

    private EmbeddedSpendStore(
        DirectoryLock directory, Segments segments, Recovery recovery, EmbeddedSpendOptions options, TimeProvider time, ILogger logger)
    {
        _directory = directory;
        _segments = segments;
        _book = recovery.Book;
        _journal = new(segments, recovery.Segment, recovery.Length, options);
        _options = options;
        _time = time;
        _logger = logger;
        _reports = new(segments, options, time);
    }

    public ISpendReports Reports => _reports;

    /// <summary>Why the journal cannot be written now; null: it can.</summary>
    public string? JournalFailure => _journal.Failure;

    /// <summary>Lines of the journal that were lost because the disk took none for too long.</summary>
    public long LostLines => _journal.LostLines;

    public SpendTier Tier => SpendTier.Embedded;

    public StoreHealth Health => new(JournalFailure is null, LostLines);

    public ValueTask<ReserveOutcome> ReserveAsync(ReserveRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_journal.Failure is not null && request.MustBeCounted)
            return new(Unavailable());
        ReserveOutcome outcome;
        long position;
        while (!TryReserve(request, out outcome, out position))
            Apply(request.Budgets);
        if (outcome.Reservation is EmbeddedReservation call && !_journal.WriteThrough(position) && request.MustBeCounted)
        {
            Cancel(call);
            return new(Unavailable());
        }

        return new(outcome);
    }

    public void Accrue(Reservation reservation, Money cost, long tokens)
    {
        var call = (EmbeddedReservation)reservation;
        if (!call.Accrue(cost.Nanos, Math.Min(tokens, MaxTokens)))
            return;
        lock (_gate)
        {
            if (call.State == ReservationState.Live)
                SpendBook.Raise(call);
        }
    }

    public ValueTask SettleAsync(Reservation reservation, Settlement settlement)
    {
        var call = (EmbeddedReservation)reservation;
        long position;
        lock (_gate)
        {
            if (call.State == ReservationState.Closed)
                return ValueTask.CompletedTask;
            var row = LedgerEntry.Settled(call, LedgerText.Bound(settlement), _time.GetUtcNow());
            call.State = ReservationState.Closed;
            position = Write(row);
        }

        _journal.WriteThrough(position);
        return ValueTask.CompletedTask;
    }

    /// <remarks>Its row is queued for the next write, so a crash may cost it, and left out while the disk takes nothing.</remarks>
    public void Refused(RefusedCall call)
    {
        lock (_gate)
            WriteRefused(_refused.Add(call, _time.GetUtcNow()));
    }

    public ImmutableArray<BudgetCounter> Read(ImmutableArray<BudgetModel> budgets)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            return [.. budgets.SelectMany(budget => BudgetReading.Of(budget, _book.Budget(budget.Id), now))];
        }
    }

    public Money SpentBy(string keyId)
    {
        lock (_gate)
            return new(_book.Spent(keyId));
    }

    /// <summary>
    /// Stops the upkeep and brings all that is queued to the disk. Calls that are still live will be abandoned at the next start; settling
    /// them now only moves the counters.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _heartbeat?.Dispose();
        lock (_gate)
            WriteRefused(_refused.TakeAll());
        _journal.Dispose();
        lock (_gate)
        {
            _closed = true;
            _line.Dispose();
        }

        await _reports.DisposeAsync();
        _directory.Dispose();
    }

    private static ReserveOutcome Unavailable() => new(null, new ReserveRefusal.StoreUnavailable("The spend journal cannot be written."));

    /// <summary>False where one of the budgets is not known yet.</summary>
    private bool TryReserve(ReserveRequest request, out ReserveOutcome outcome, out long position)
    {
        var cost = Math.Max(request.Cost.Nanos, 0);
        var tokens = Math.Clamp(request.Tokens, 0, MaxTokens);
        (outcome, position) = (default, 0);
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (_book.Holds(request.Budgets, request.KeyId, cost, tokens, now) is not { } holds)
                return false;
            var key = _book.Key(request.KeyId);
            key.Enter(now);
            if (Admission.Judge(request, key, holds, now) is { } refusal)
            {
                outcome = new(null, refusal);
                return true;
            }

            var call = new EmbeddedReservation
            {
                Number = _book.LastNumber + 1,
                CallId = request.CallId,
                StartedAt = now,
                LastSeen = now,
                Key = key,
                Facts = LedgerText.Bound(request.Facts),
                ReservedCost = cost,
                ReservedTokens = tokens,
                PromptCost = Math.Clamp(request.PromptCost.Nanos, 0, cost),
                PromptTokens = Math.Clamp(request.PromptTokens, 0, tokens),
                Holds = holds,
                Requests = After(request.Limits.RequestsPerMinute, key.Requests + 1, key),
                Tokens = After(request.Limits.TokensPerMinute, key.Tokens + tokens, key),
            };
            _book.Open(call);
            outcome = new(call, null);
            position = Append(new() { Open = JournalBook.Open(call) });
            return true;
        }
    }

    private static LimitState? After(long? limit, long used, KeyAccount key) =>
        limit is { } max ? new(max, Math.Max(max - used, 0), key.MinuteEnd) : null;

    private void Cancel(EmbeddedReservation call)
    {
        lock (_gate)
        {
            _book.Cancel(call);
            call.State = ReservationState.Closed;
            Append(new() { Cancel = call.Number });
        }
    }

    private void Abandon(EmbeddedReservation call, DateTimeOffset now)
    {
        var row = LedgerEntry.Abandoned(call, now);
        call.State = ReservationState.Abandoned;
        Write(row);
        LogAbandoned(call.CallId, call.Key.Id);
    }

    private long Write(LedgerRow row)
    {
        _book.Apply(row);
        _reseeding?.Add(row);
        return Append(new() { Row = row });
    }

    private void WriteRefused(IEnumerable<LedgerRow> rows)
    {
        foreach (var row in rows)
        {
            // What was charged has the first claim on the room that there is.
            if (_journal.Failure is null)
                Append(new() { Row = row });
        }
    }

    private long Append(JournalRecord<LedgerRow> record) => _closed ? JournalWriter.Lost : _journal.Append(_line.Write(record));
}
