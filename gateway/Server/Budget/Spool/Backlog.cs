using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Gateway.Server.Budget.Spool;

/// <summary>
/// What a database has not taken yet: in memory for a moment, on the volume when it lasts longer, and then delivered from there, in this
/// process or in the one after it.
/// </summary>
/// <remarks>
/// Adding costs no I/O. While the database takes what comes nothing is written. Once it has failed, or something has waited for
/// <see cref="SpoolOptions.Patience"/>, each beat brings to the volume all that waits in memory, the batch under way first, until the
/// volume is empty again. One at a time takes batches.
/// </remarks>
internal sealed class Backlog<T> : IBacklog
{
    private readonly ConcurrentQueue<T> _waiting = new();
    private readonly Lock _gate = new();
    private readonly string _session = Guid.CreateVersion7().ToString("N");
    private readonly SpoolLog<T>? _log;
    private readonly SpoolOptions _options;
    private readonly BacklogShape _shape;
    private readonly TimeProvider _time;
    private ImmutableArray<T> _front = [];
    private SpoolBatch<T>? _batch;
    private volatile bool _hasFailed;
    private bool _isClosed;
    private long _lastNumber;
    private long _added;
    private long _gone;
    private long _lost;
    private long _lookedAt;
    private long _addedThen;

    /// <param name="log">On the volume; null: there is none, and what does not fit in memory is lost.</param>
    /// <param name="shape">Of batches.</param>
    /// <param name="options">What fits.</param>
    /// <param name="time">The clock.</param>
    public Backlog(SpoolLog<T>? log, BacklogShape shape, SpoolOptions options, TimeProvider time)
    {
        (_log, _shape, _options, _time) = (log, shape, options, time);
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>All that waits, what is under way included.</summary>
    public long Count => InMemory + OnVolume;

    /// <summary>True where there is no room for calls that must be counted: the volume takes nothing, and memory is half full.</summary>
    public bool IsFull => InMemory >= _options.MaxInMemory / 2;

    /// <summary>True while something waits for longer than a moment.</summary>
    public bool IsBehind => _hasFailed || OnVolume > 0;

    /// <summary>Items that did not fit, and lines that could not be read.</summary>
    public long Lost => Interlocked.Read(ref _lost) + (_log?.LostLines ?? 0);

    private long InMemory => Volatile.Read(ref _added) - Volatile.Read(ref _gone);

    private long OnVolume => _log?.Items ?? 0;

    /// <summary>False: it does not fit, and is lost.</summary>
    public bool TryAdd(T item)
    {
        if (InMemory >= _options.MaxInMemory)
        {
            Interlocked.Increment(ref _lost);
            return false;
        }

        Interlocked.Increment(ref _added);
        _waiting.Enqueue(item);
        return true;
    }

    /// <summary>What is to be delivered now, until <see cref="Done"/> the same; null: nothing waits.</summary>
    public SpoolBatch<T>? Take()
    {
        lock (_gate)
        {
            if (_isClosed || _batch is not null)
                return _isClosed ? null : _batch;
            if (OnVolume > 0)
                _batch = _log!.Read(_shape.Gathers ? _shape.Size : 1);

            // What is on the volume goes first, also where it cannot be read now.
            if (_batch is null && OnVolume == 0 && Fill())
                (_batch, _front) = (NewBatch(), []);
            return _batch;
        }
    }

    /// <summary>The batch under way was delivered.</summary>
    public void Done()
    {
        _hasFailed = false;
        lock (_gate)
        {
            if (_isClosed)
                return;
            var batch = _batch!;
            if (batch.End is { } end)
                _log!.Remove(end, batch.Items.Length);
            else
                Volatile.Write(ref _gone, _gone + batch.Items.Length);
            _batch = null;
        }
    }

    /// <summary>It was not: the database takes nothing now.</summary>
    public void Failed() => _hasFailed = true;

    /// <inheritdoc/>
    public void Beat()
    {
        if (_log is null)
            return;
        var isLate = IsLate();
        lock (_gate)
        {
            if (InMemory > 0 && (isLate || IsBehind || InMemory > _options.MaxInMemory / 4))
                Move(_log);
            _log.Sync();
        }
    }

    /// <inheritdoc/>
    public long Close()
    {
        lock (_gate)
        {
            if (_log is not null)
                Move(_log);
            _log?.Dispose();
            _isClosed = true;
            return InMemory;
        }
    }

    /// <inheritdoc/>
    public void Abandon()
    {
        lock (_gate)
        {
            _log?.Dispose();
            _isClosed = true;
        }
    }

    /// <summary>Something that is in memory now was there when this was asked before, and that is long ago.</summary>
    private bool IsLate()
    {
        if (_time.GetElapsedTime(_lookedAt) < _options.Patience)
            return false;
        var isLate = Volatile.Read(ref _gone) < _addedThen;
        _lookedAt = _time.GetTimestamp();
        _addedThen = Volatile.Read(ref _added);
        return isLate;
    }

    private void Move(SpoolLog<T> log)
    {
        if (_batch is { End: null } batch)
        {
            if (!TryAppend(log, batch, out var end))
                return;
            _batch = batch with { End = end };
        }

        while (Fill() && TryAppend(log, NewBatch(), out _))
            _front = [];
    }

    private bool TryAppend(SpoolLog<T> log, SpoolBatch<T> batch, out SpoolMark? end)
    {
        end = log.TryAppend(new() { Session = batch.Session, Number = batch.Number, Count = batch.Items.Length, Items = batch.Items });
        if (end is null)
            return false;
        Volatile.Write(ref _gone, _gone + batch.Items.Length);
        return true;
    }

    /// <summary>What goes together next stands in <see cref="_front"/>, where an append has failed too.</summary>
    private bool Fill()
    {
        if (_front.Length == _shape.Size || _waiting.IsEmpty)
            return _front.Length > 0;
        var items = ImmutableArray.CreateBuilder<T>();
        items.AddRange(_front);
        while (items.Count < _shape.Size && _waiting.TryDequeue(out var item))
            items.Add(item);
        _front = items.DrainToImmutable();
        return true;
    }

    private SpoolBatch<T> NewBatch() => new(_session, ++_lastNumber, _front);
}

/// <summary>How items go together.</summary>
/// <param name="Size">Of a batch, at most.</param>
/// <param name="Gathers">True: several batches on the volume may be delivered as one, a little larger than that.</param>
internal readonly record struct BacklogShape(int Size, bool Gathers);

/// <summary>A backlog, whatever waits in it.</summary>
internal interface IBacklog
{
    /// <summary>Brings to the volume what has to be there, and syncs it.</summary>
    void Beat();

    /// <summary>Brings all to the volume and lets go of it. Returns how many items are not there.</summary>
    long Close();

    /// <summary>Lets go of the volume as a process does that is killed.</summary>
    void Abandon();
}
