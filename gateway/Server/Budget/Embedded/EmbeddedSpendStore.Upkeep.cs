using System.Collections.Immutable;
using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Server.Budget.Files;
using Gateway.Server.Config;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Server.Budget.Embedded;

/// <content>Start, and what is done beside the calls.</content>
internal sealed partial class EmbeddedSpendStore
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    private long _lastAccrued;
    private long _lastCleaned;
    private bool _reportedFailure;

    /// <summary>
    /// Reads the newest segment of the journal, off the caller's thread, charges the calls that were live when the process before ended,
    /// and takes over the directory. It is created where there is none.
    /// </summary>
    /// <exception cref="IOException">Another process has the directory, or it cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">A newer gateway wrote the journal.</exception>
    public static Task<EmbeddedSpendStore> OpenAsync(
        string directory,
        EmbeddedSpendOptions options,
        TimeProvider time,
        ILogger<EmbeddedSpendStore> logger,
        ImmutableArray<BudgetModel> budgets = default) =>
        Task.Run(() => Open(directory, options, time, logger, budgets));

    /// <summary>One round of upkeep: the heartbeat's only, apart from tests.</summary>
    internal void Tick()
    {
        ApplyDeferred();
        if (_time.GetElapsedTime(_lastAccrued) >= _options.AccrueInterval)
        {
            _lastAccrued = _time.GetTimestamp();
            WatchLiveCalls();
        }

        Sync();
        if (_journal.Failure is null && _journal.NeedsCheckpoint)
            Rotate();
        if (_time.GetElapsedTime(_lastCleaned) >= s_hour)
        {
            _lastCleaned = _time.GetTimestamp();
            Clean();
        }
    }

    private static EmbeddedSpendStore Open(
        string directory, EmbeddedSpendOptions options, TimeProvider time, ILogger logger, ImmutableArray<BudgetModel> budgets)
    {
        var taken = DirectoryLock.Take(directory);
        try
        {
            var segments = JournalSegments.In(directory);
            var recovery = Recovery.Read(segments);
            var store = new EmbeddedSpendStore(taken, segments, recovery, options, time, logger);
            store.Start(recovery, budgets);
            return store;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    private void Start(Recovery recovery, ImmutableArray<BudgetModel> budgets)
    {
        foreach (var line in recovery.BadLines)
            LogBadLine(line.Path, line.Number);
        if (recovery.TornBytes > 0)
            LogTornTail(_segments.PathOf(recovery.Segment), recovery.TornBytes);
        if (recovery.Length == 0)
        {
            lock (_gate)
                Append(new() { Checkpoint = JournalBook.Checkpoint(_book, _time.GetUtcNow()) });
        }
        else if (recovery.NeedsCheckpoint)
        {
            Rotate();
        }

        AbandonAll();
        if (!budgets.IsDefaultOrEmpty)
            Apply(budgets);
        Sync();
        _segments.SyncEntries();
        _lastAccrued = _lastCleaned = _time.GetTimestamp();
        _heartbeat = new(_time, _options.SyncInterval, Beat);
    }

    private void AbandonAll()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            foreach (var call in _book.Live.ToList())
                Abandon(call, now);
            LogOpened(_segments.PathOf(_journal.Segment), _book.LastNumber);
        }
    }

    private void Beat()
    {
        try
        {
            Tick();
        }
        catch (Exception e)
        {
            // The boundary of this thread: without it every call would end unsynced from here on.
            LogUpkeepFailed(e);
        }
    }

    /// <summary>
    /// Renews the leases of calls that stir, records what long ones have accrued, and abandons those that were lost sight of.
    /// </summary>
    private void WatchLiveCalls()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var accrued = ImmutableArray.CreateBuilder<Accrued>();
            var lost = new List<EmbeddedReservation>();
            foreach (var call in _book.Live)
            {
                if (call.TakeStirred())
                    call.LastSeen = now;
                else if (now - call.LastSeen >= _options.AbandonAfter)
                    lost.Add(call);
                if (now - call.StartedAt >= _options.AccrueInterval && call.TakeUnrecorded() is { } record)
                    accrued.Add(record);
            }

            if (accrued.Count > 0)
                Append(new() { Accrue = accrued.DrainToImmutable() });
            foreach (var call in lost)
                Abandon(call, now);
            WriteRefused(_refused.Due(now));
        }
    }

    private void Sync()
    {
        _journal.Sync();
        var failure = _journal.Failure;
        if (failure is not null && !_reportedFailure)
            LogJournalFails(failure);
        else if (failure is null && _reportedFailure)
            LogJournalWorks(_journal.LostLines);
        _reportedFailure = failure is not null;
    }

    private void Rotate()
    {
        SafeFileHandle? former;
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            foreach (var account in _book.Budgets)
                account.Prune(now);
            former = _journal.Rotate(_line.Write(new() { Checkpoint = JournalBook.Checkpoint(_book, now) }));
        }

        if (former is null)
            LogRotateFailed(_journal.Segment);
        else
        {
            JournalWriter.Close(former);
            _segments.SyncEntries();
        }
    }

    private void Clean()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            foreach (var account in _book.Budgets)
                account.Prune(now);
        }

        if (_segments.DeleteOlderThan(_time.GetUtcNow() - _options.Retention) is > 0 and var deleted)
            LogDeleted(deleted);
    }
}
