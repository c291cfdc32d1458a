namespace Gateway.Server.Budget.Spool;

/// <summary>Where each batch is - in memory, under way, on the volume - and which one is delivered next.</summary>
/// <remarks>
/// It knows of the volume what it is told and does no I/O, so nobody waits here for longer than a moment. What is on the volume goes first,
/// then what is in memory. While the volume hangs what is in memory goes past it, in a session of its own.
/// </remarks>
internal sealed class DeliveryOrder<T>
{
    private readonly Lock _gate = new();
    private readonly MemoryQueue<T> _memory;
    private readonly VolumeContents<T> _volume = new();

    // From memory, or from the volume: that one has an end.
    private SpoolBatch<T>? _underWay;

    // On its way to the volume, and still in memory or under way: it may be delivered before it is there.
    private SpoolBatch<T>? _leaving;
    private bool _isClosed;

    /// <param name="memory">What waits there; others add to it.</param>
    /// <param name="onVolume">Items that wait there, from the process before.</param>
    public DeliveryOrder(MemoryQueue<T> memory, long onVolume)
    {
        _memory = memory;
        _volume.Holds(onVolume);
    }

    /// <summary>Items that wait on the volume.</summary>
    public long OnVolume => _volume.Count;

    /// <summary>What is to be taken out of the volume; null: nothing.</summary>
    public DeliveredLines? Delivered
    {
        get
        {
            lock (_gate)
                return _volume.Delivered;
        }
    }

    /// <summary>The batch under way, else the next one. Null: nothing waits, or the volume has to be read.</summary>
    /// <param name="pastVolume">True: it cannot be read now.</param>
    public SpoolBatch<T>? Take(bool pastVolume = false)
    {
        lock (_gate)
        {
            if (_isClosed)
                return null;
            return _underWay ??= _volume.Count == 0
                ? _memory.TakeFirst()
                : _volume.TakeFirst() ?? (pastVolume ? _memory.TakePast(_leaving) : null);
        }
    }

    /// <summary>The batch under way was delivered. True: it is to be taken out of the volume.</summary>
    public bool Done()
    {
        lock (_gate)
        {
            if (_isClosed)
                return false;
            var batch = _underWay!;
            _underWay = null;
            if (batch.End is { } end)
                _volume.Deliver(end, batch.Items.Length);
            else
                _memory.Leave(batch.Items.Length);
            return batch.End is not null;
        }
    }

    /// <summary>The batch under way, if there is one, was not delivered, or nobody knows: it waits again where it did.</summary>
    public void PutBack()
    {
        lock (_gate)
        {
            if (_underWay is not { } batch)
                return;
            _underWay = null;
            if (batch.End is not null)
                _volume.First = batch;
            else
                _memory.PutBack(batch);
        }
    }

    /// <summary>From here on nothing is taken, and all that is in memory may leave.</summary>
    public void Close()
    {
        lock (_gate)
            _isClosed = true;
    }

    /// <summary>
    /// What goes to the volume next, the batch under way first; null: there is nothing in memory. <see cref="EndLeaving"/> says that it is
    /// there, or not.
    /// </summary>
    public SpoolBatch<T>? BeginLeaving()
    {
        lock (_gate)
        {
            // Behind others it could not be taken out of the volume again once it is delivered.
            var canLeave = _underWay is { End: null } && (_volume.Count == 0 || _isClosed);
            return _leaving = canLeave ? _underWay : _memory.First();
        }
    }

    /// <param name="batch">That was to leave.</param>
    /// <param name="end">Where it is on the volume; null: it is not there.</param>
    /// <param name="inLog">Items on the volume now.</param>
    public void EndLeaving(SpoolBatch<T> batch, SpoolMark? end, long inLog)
    {
        lock (_gate)
        {
            _leaving = null;
            if (end is null)
                return;

            // First, so that nobody who counts both finds it nowhere.
            _volume.Holds(inLog);
            if (_underWay == batch)
                _underWay = batch with { End = end };
            else if (!_memory.Remove(batch))
            {
                // Delivered meanwhile.
                _volume.Deliver(end, batch.Items.Length);
                return;
            }

            _memory.Leave(batch.Items.Length);
        }
    }

    /// <summary>Some of its items can never be written: they are lost, and hold up no others.</summary>
    public void Drop(SpoolBatch<T> batch, SpoolBatch<T> rest)
    {
        lock (_gate)
        {
            _leaving = null;
            if (_underWay == batch)
                _underWay = rest;
            else if (_memory.Remove(batch))
                _memory.PutBack(rest);
            else
                return;
            _memory.Drop(batch.Items.Length - rest.Items.Length);
        }
    }

    /// <summary>The volume was read.</summary>
    /// <param name="first">Its first batch; null: there is none, or it cannot be read now.</param>
    /// <param name="inLog">Items there.</param>
    public void WasRead(SpoolBatch<T>? first, long inLog)
    {
        lock (_gate)
        {
            _volume.First = first;
            _volume.Holds(inLog);
        }
    }

    /// <summary>So much of what was delivered is not there any more.</summary>
    public void WasRemoved(DeliveredLines lines, long inLog)
    {
        lock (_gate)
            _volume.Remove(lines, inLog);
    }
}
