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
/// volume is empty again. One at a time takes batches, and waits no longer than that for a volume that hangs: what is there stays there
/// then, and what waits in memory is delivered under another session, since batches of one session come in order.
/// </remarks>
internal sealed class Backlog<T> : IBacklog
{
    private readonly ConcurrentQueue<T> _waiting = new();

    // Of what is in memory; nobody who holds it waits for the volume.
    private readonly Lock _gate = new();

    // Of the volume; taken before the other one.
    private readonly Lock _disk = new();
    private readonly SpoolLog<T>? _log;
    private readonly SpoolOptions _options;
    private readonly BacklogShape _shape;
    private readonly TimeProvider _time;
    private string _session = NewSession();
    private long _lastNumber;

    // True: batches of this session may be on the volume.
    private bool _isOnVolume;

    // The next one, still in memory: it may be on its way to the volume, and be taken all the same.
    private SpoolBatch<T>? _next;

    // Under way.
    private SpoolBatch<T>? _batch;

    // The first of the volume.
    private SpoolBatch<T>? _read;

    // Delivered, and still on the volume: all before this, so many items.
    private (SpoolMark End, int Items)? _delivered;
    private Task _visit = Task.CompletedTask;
    private volatile bool _hasFailed;
    private bool _isClosed;
    private bool _isLetGo;
    private long _onVolume;
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
        _onVolume = log?.Items ?? 0;
    }

    /// <summary>All that waits, what is under way included.</summary>
    public long Count => InMemory + OnVolume;

    /// <summary>True where there is no room for calls that must be counted: the volume takes nothing, and memory is half full.</summary>
    public bool IsFull => InMemory >= _options.MaxInMemory / 2;

    /// <summary>True where what can be done without is to be left out.</summary>
    public bool IsFilling => InMemory >= _options.MaxInMemory / 4;

    /// <summary>True while something waits for longer than a moment.</summary>
    public bool IsBehind => _hasFailed || OnVolume > 0;

    /// <summary>Items that did not fit, and lines that could not be read.</summary>
    public long Lost => Interlocked.Read(ref _lost) + (_log?.LostLines ?? 0);

    private long InMemory => Volatile.Read(ref _added) - Volatile.Read(ref _gone);

    private long OnVolume => Volatile.Read(ref _onVolume);

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

    /// <summary>What is to be delivered now, until <see cref="Done"/> the same; null: nothing waits, or it cannot be read now.</summary>
    public SpoolBatch<T>? Take()
    {
        lock (_gate)
        {
            if (_isClosed || _batch is not null)
                return _isClosed ? null : _batch;
            if (_onVolume == 0)
                return TakeNext();
        }

        var isThere = TryVisit(ReadFirst);
        lock (_gate)
        {
            if (_isClosed)
                return null;
            if (_read is not null)
                (_batch, _read) = (_read, null);
            else if (_onVolume == 0)
                TakeNext();
            else if (!isThere)
                _batch = FormApart();
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
            _batch = null;
            if (batch.End is not { } end)
            {
                Leave(batch.Items.Length);
                return;
            }

            AddDelivered(end, batch.Items.Length);
        }

        TryVisit(RemoveDelivered);
    }

    /// <summary>It was not: the database takes nothing now.</summary>
    public void Failed() => _hasFailed = true;

    /// <inheritdoc/>
    public void Beat()
    {
        if (_log is null)
            return;
        var isLate = IsLate();
        if (InMemory > 0 && (isLate || IsBehind || InMemory > _options.MaxInMemory / 4))
            Move(_log);
        lock (_disk)
        {
            RemoveDelivered();
            _log.Sync();
        }
    }

    /// <inheritdoc/>
    public long Close()
    {
        lock (_gate)
            _isClosed = true;
        lock (_disk)
        {
            if (_log is not null)
                Move(_log);
            LetGo();
        }

        return InMemory;
    }

    /// <inheritdoc/>
    public void Abandon()
    {
        lock (_gate)
            _isClosed = true;
        lock (_disk)
            LetGo();
    }

    private static string NewSession() => Guid.CreateVersion7().ToString("N");

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

    /// <summary>Brings to the volume what is in memory, as long as it takes it. Without the gate while it writes.</summary>
    private void Move(SpoolLog<T> log)
    {
        bool isMoved;
        do
        {
            lock (_disk)
            {
                RemoveDelivered();
                isMoved = FirstInMemory() is { } batch && TryMove(log, batch);
            }
        }
        while (isMoved);
    }

    /// <summary>What goes to the volume next; null: there is nothing in memory.</summary>
    private SpoolBatch<T>? FirstInMemory()
    {
        lock (_gate)
        {
            // One that is delivered past the volume could not be taken out of it again.
            var batch = _batch is { End: null } && (_onVolume == 0 || _isClosed) ? _batch : _next ??= Form();
            _isOnVolume |= batch?.Session == _session;
            return batch;
        }
    }

    private bool TryMove(SpoolLog<T> log, SpoolBatch<T> batch)
    {
        SpoolMark? end;
        try
        {
            end = log.TryAppend(new() { Session = batch.Session, Number = batch.Number, Count = batch.Items.Length, Items = batch.Items });
        }
        catch (Exception)
        {
            var rest = batch with { Items = [.. batch.Items.Where(log.CanWrite)] };
            if (rest.Items.Length == batch.Items.Length)
                throw;
            Drop(batch, rest);
            return true;
        }

        if (end is null)
            return false;
        lock (_gate)
        {
            // Where it is neither of the two it was delivered meanwhile.
            if (_batch == batch)
                _batch = batch with { End = end };
            else if (_next == batch)
                _next = null;
            else
            {
                AddDelivered(end, batch.Items.Length);
                return true;
            }

            Leave(batch.Items.Length);
            CountVolume();
        }

        return true;
    }

    /// <summary>What cannot be written would hold up all that comes after it.</summary>
    private void Drop(SpoolBatch<T> batch, SpoolBatch<T> rest)
    {
        lock (_gate)
        {
            if (_batch == batch)
                _batch = rest;
            else if (_next == batch)
                _next = rest.Items.IsEmpty ? null : rest;
            else
                return;
            Leave(batch.Items.Length - rest.Items.Length);
            Interlocked.Add(ref _lost, batch.Items.Length - rest.Items.Length);
        }
    }

    /// <summary>Does something with the volume. False: it is at something that it has not ended in time.</summary>
    private bool TryVisit(Action act)
    {
        lock (_gate)
        {
            if (!_visit.IsCompleted)
                return false;
            _visit = Task.Run(() =>
            {
                lock (_disk)
                {
                    if (!_isLetGo)
                        act();
                }
            });
        }

        return _visit.Wait(_options.Patience);
    }

    private void ReadFirst()
    {
        RemoveDelivered();
        var batch = _log!.Read(_shape.Gathers ? _shape.Size : 1);
        lock (_gate)
        {
            _read = batch;
            CountVolume();
        }
    }

    /// <summary>Takes what was delivered out of the volume.</summary>
    private void RemoveDelivered()
    {
        (SpoolMark End, int Items) delivered;
        lock (_gate)
        {
            if (_delivered is not { } some)
                return;
            delivered = some;
        }

        _log!.Remove(delivered.End, delivered.Items);
        lock (_gate)
        {
            var more = _delivered!.Value.Items - delivered.Items;
            _delivered = more == 0 ? null : _delivered.Value with { Items = more };
            CountVolume();
        }
    }

    private void AddDelivered(SpoolMark end, int items)
    {
        _delivered = (end, items + (_delivered?.Items ?? 0));
        CountVolume();
    }

    private void LetGo()
    {
        _isLetGo = true;
        _log?.Dispose();
    }

    private SpoolBatch<T>? TakeNext()
    {
        (_batch, _next) = (_next ?? Form(), null);
        return _batch;
    }

    /// <summary>What may overtake the volume: its number says nothing of what is there.</summary>
    private SpoolBatch<T>? FormApart()
    {
        if (_isOnVolume)
            (_session, _lastNumber, _isOnVolume) = (NewSession(), 0, false);
        return Form();
    }

    private SpoolBatch<T>? Form()
    {
        var items = ImmutableArray.CreateBuilder<T>();
        while (items.Count < _shape.Size && _waiting.TryDequeue(out var item))
            items.Add(item);
        return items.Count == 0 ? null : new(_session, ++_lastNumber, items.DrainToImmutable());
    }

    private void Leave(int items) => Volatile.Write(ref _gone, _gone + items);

    private void CountVolume() => Volatile.Write(ref _onVolume, Math.Max(_log!.Items - (_delivered?.Items ?? 0), 0));
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
