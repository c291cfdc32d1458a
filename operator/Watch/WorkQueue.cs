namespace Operator.Watch;

/// <summary>
/// What is to be looked at, each key once: added ten times before anybody takes it, it is taken once; added while it is worked on, once
/// more afterwards, never by two at a time. A key that failed comes back after a delay that grows with its failures.
/// </summary>
/// <remarks>From any thread. Keys are few (the gateways of a cluster), so the next one is found by looking at all.</remarks>
internal sealed class WorkQueue<TKey>(Backoff backoff, TimeProvider time, QueueObserver? observer = null)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Item> _items = [];
    private TaskCompletionSource _added = NewSignal();

    /// <summary>Keys that wait or are worked on.</summary>
    public int Depth
    {
        get
        {
            lock (_lock)
                return _items.Values.Count(i => i.IsTaken || i.Due is not null);
        }
    }

    /// <summary>How it stands now.</summary>
    public QueueLoad Load
    {
        get
        {
            lock (_lock)
            {
                var now = time.GetTimestamp();
                var running = _items.Values.Where(i => i.IsTaken).Select(i => time.GetElapsedTime(i.TakenAt!.Value, now)).ToList();
                return new()
                {
                    Backlog = _items.Values.Count(i => !i.IsTaken && i.Due <= now),
                    UnfinishedWork = running.Aggregate(TimeSpan.Zero, static (sum, one) => sum + one),
                    LongestRunning = running.DefaultIfEmpty().Max(),
                };
            }
        }
    }

    /// <summary>Now, or once whoever works on it is done.</summary>
    public void Add(TKey key) => AddAfter(key, TimeSpan.Zero);

    /// <summary>Not before the time has passed, unless it is added for sooner.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        lock (_lock)
            Schedule(Of(key), delay);
    }

    /// <summary>Waits for a key that is due. Whoever takes it calls <see cref="Done"/> or <see cref="Retry"/>.</summary>
    public async Task<TKey> TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            Task added;
            TimeSpan wait;
            lock (_lock)
            {
                if (TryTake(out var key, out wait))
                    return key;
                if (_added.Task.IsCompleted)
                    _added = NewSignal();
                added = _added.Task;
            }

            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Task.WhenAny(added, Task.Delay(wait, time, over.Token));
            await over.CancelAsync();
        }
    }

    /// <summary>It went well: its failures are forgotten, and it comes again after the time, where one is given.</summary>
    public void Done(TKey key, TimeSpan? again = null)
    {
        lock (_lock)
        {
            var item = Release(key);
            item.Failures = 0;
            if (again is { } delay)
                Schedule(item, delay);
            else if (item.Due is null)
                _items.Remove(key);
            else
                _added.TrySetResult();
        }
    }

    /// <summary>It failed. Comes again after a delay that grows, and not before <paramref name="atLeast"/>.</summary>
    public void Retry(TKey key, TimeSpan atLeast = default)
    {
        lock (_lock)
        {
            var item = Release(key);
            var delay = backoff.Delay(++item.Failures);

            // What was added meanwhile waits too: a key that fails must not be tried at the pace at which others change things.
            SetDue(item, DueAfter(delay > atLeast ? delay : atLeast));
            _added.TrySetResult();
            observer?.Retried();
        }
    }

    private bool TryTake(out TKey key, out TimeSpan wait)
    {
        wait = Timeout.InfiniteTimeSpan;
        key = default!;
        Item? first = null;
        foreach (var (candidate, item) in _items)
        {
            if (!item.IsTaken && item.Due is { } due && (first is null || due < first.Due))
                (key, first) = (candidate, item);
        }

        if (first is null)
            return false;
        var now = time.GetTimestamp();
        var left = time.GetElapsedTime(now, first.Due!.Value);
        if (left > TimeSpan.Zero)
        {
            // The clock of timers is coarser than that of time stamps.
            wait = left + TimeSpan.FromMilliseconds(1);
            return false;
        }

        first.TakenAt = now;
        first.Due = null;
        observer?.Taken(-left);
        return true;
    }

    private Item Of(TKey key)
    {
        if (!_items.TryGetValue(key, out var item))
            _items.Add(key, item = new());
        return item;
    }

    private Item Release(TKey key)
    {
        var item = _items[key];
        if (item.TakenAt is { } taken)
            observer?.Worked(time.GetElapsedTime(taken));
        item.TakenAt = null;
        return item;
    }

    private void Schedule(Item item, TimeSpan delay)
    {
        var due = DueAfter(delay);
        if (item.Due is null || due < item.Due)
            SetDue(item, due);
        _added.TrySetResult();
    }

    private void SetDue(Item item, long due)
    {
        if (item.Due is null)
            observer?.Added();
        item.Due = due;
    }

    private long DueAfter(TimeSpan delay) => time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Item
    {
        /// <summary>Time stamp from which it may be taken; null: it does not wait.</summary>
        public long? Due { get; set; }

        /// <summary>Time stamp at which it was; null: nobody works on it.</summary>
        public long? TakenAt { get; set; }

        public bool IsTaken => TakenAt is not null;

        public int Failures { get; set; }
    }
}
