namespace Gateway.Server.Budget.Spool;

/// <summary>
/// What a database has not taken yet: in memory for a moment, on the volume when it lasts longer, and then delivered from there, in this
/// process or in the one after it.
/// </summary>
/// <remarks>
/// Adding costs no I/O. While the database takes what comes nothing is written. Once it has failed, or something has waited for
/// <see cref="SpoolOptions.Patience"/>, each beat brings to the volume all that waits in memory, the batch under way first, until the
/// volume is empty again. One at a time takes batches, and waits no longer than that for a volume that hangs: what is there stays there
/// then, and what is in memory is delivered, see <see cref="DeliveryOrder{T}"/>.
/// </remarks>
internal sealed class Backlog<T> : IBacklog
{
    private readonly MemoryQueue<T> _memory;
    private readonly DeliveryOrder<T> _order;
    private readonly SharedLog<T>? _volume;
    private readonly SpoolOptions _options;
    private readonly BacklogShape _shape;
    private volatile bool _hasFailed;

    /// <param name="log">On the volume; null: there is none, and what does not fit in memory is lost.</param>
    /// <param name="shape">Of batches.</param>
    /// <param name="options">What fits.</param>
    /// <param name="time">The clock.</param>
    public Backlog(SpoolLog<T>? log, BacklogShape shape, SpoolOptions options, TimeProvider time)
    {
        (_shape, _options) = (shape, options);
        _memory = new(shape.Size, options, time);
        _order = new(_memory, log?.Items ?? 0);
        _volume = log is null ? null : new(log, options.Patience);
    }

    /// <summary>All that waits, what is under way included.</summary>
    public long Count => InMemory + _order.OnVolume;

    /// <inheritdoc/>
    public long InMemory => _memory.Count;

    /// <summary>True where there is no room for calls that must be counted: the volume takes nothing, and memory is half full.</summary>
    public bool IsFull => InMemory >= _options.MaxInMemory / 2;

    /// <summary>True where what can be done without is to be left out.</summary>
    public bool IsFilling => InMemory >= _options.MaxInMemory / 4;

    /// <summary>True while something waits for longer than a moment.</summary>
    public bool IsBehind => _hasFailed || _order.OnVolume > 0;

    /// <summary>Items that did not fit, and lines that could not be read.</summary>
    public long Lost => _memory.Lost + (_volume?.LostLines ?? 0);

    /// <summary>False: it does not fit, and is lost.</summary>
    public bool TryAdd(T item) => _memory.TryAdd(item);

    /// <summary>
    /// What is to be delivered now, the same until <see cref="Done"/> or <see cref="PutBack"/>; null: nothing waits, or it cannot be read
    /// now.
    /// </summary>
    public SpoolBatch<T>? Take()
    {
        if (_order.Take() is { } batch)
            return batch;
        if (_order.OnVolume == 0)
            return null;
        var isRead = _volume!.TryUse(ReadFirst);
        return _order.Take(pastVolume: !isRead);
    }

    /// <summary>The batch under way was delivered.</summary>
    public void Done()
    {
        _hasFailed = false;
        if (_order.Done())
            _volume!.TryUse(RemoveDelivered);
    }

    /// <summary>It was not, or nobody knows: it comes again, as the same batch. Also where nothing is under way.</summary>
    public void PutBack()
    {
        Failed();
        _order.PutBack();
    }

    /// <summary>The database takes nothing now.</summary>
    public void Failed() => _hasFailed = true;

    /// <inheritdoc/>
    public void Beat()
    {
        if (_volume is null)
            return;
        if (_memory.IsLate() || IsBehind || IsFilling)
            Move(_volume);
        _volume.Use(log =>
        {
            RemoveDelivered(log);
            log.Sync();
        });
    }

    /// <inheritdoc/>
    public long Close()
    {
        _order.Close();
        if (_volume is not null)
            Move(_volume);
        _volume?.Close();
        return InMemory;
    }

    /// <inheritdoc/>
    public void Abandon()
    {
        _order.Close();
        _volume?.Close();
    }

    /// <summary>Brings to the volume what is in memory, as long as it takes it.</summary>
    private void Move(SharedLog<T> volume)
    {
        bool isMoved;
        do
        {
            // Others have their turn in between.
            isMoved = false;
            volume.Use(log => isMoved = TryMove(log));
        }
        while (isMoved);
    }

    private bool TryMove(SpoolLog<T> log)
    {
        RemoveDelivered(log);
        if (_order.BeginLeaving() is not { } batch)
            return false;
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
            _order.Drop(batch, rest);
            return true;
        }

        _order.EndLeaving(batch, end, log.Items);
        return end is not null;
    }

    private void ReadFirst(SpoolLog<T> log)
    {
        RemoveDelivered(log);
        var first = log.Read(_shape.Gathers ? _shape.Size : 1);
        _order.WasRead(first, log.Items);
    }

    private void RemoveDelivered(SpoolLog<T> log)
    {
        if (_order.Delivered is not { } lines)
            return;
        log.Remove(lines.End, lines.Items);
        _order.WasRemoved(lines, log.Items);
    }
}
