using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Gateway.Server.Budget.Spool;

/// <summary>What waits in memory, first in, first out: batches that were formed already, and behind them single items.</summary>
/// <remarks>Adding, counting and <see cref="IsLate"/> need no lock; the rest is for one at a time.</remarks>
/// <param name="batchSize">Items in a batch, at most.</param>
/// <param name="options">What fits, and how long it may wait.</param>
/// <param name="time">The clock.</param>
internal sealed class MemoryQueue<T>(int batchSize, SpoolOptions options, TimeProvider time)
{
    private readonly ConcurrentQueue<T> _items = new();
    private readonly List<SpoolBatch<T>> _formed = [];
    private readonly BatchSession _inOrder = new();

    // Of batches that do not wait for those on the volume: their numbers must say nothing of what is there.
    private BatchSession _past = new();
    private long _added;
    private long _gone;
    private long _lost;
    private long _lookedAt = time.GetTimestamp();
    private long _addedThen;

    /// <summary>Items, those of a batch under way included until they are told to have <see cref="Leave">left</see>.</summary>
    public long Count => Volatile.Read(ref _added) - Volatile.Read(ref _gone);

    /// <summary>Items that did not fit, or were <see cref="Drop">dropped</see>.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>False: it does not fit, and is lost.</summary>
    public bool TryAdd(T item)
    {
        if (Count >= options.MaxInMemory)
        {
            Interlocked.Increment(ref _lost);
            return false;
        }

        Interlocked.Increment(ref _added);
        _items.Enqueue(item);
        return true;
    }

    /// <summary>Takes the first batch out. Null: there is nothing.</summary>
    public SpoolBatch<T>? TakeFirst() => _formed.Count > 0 ? Take(_formed[0]) : Form(_inOrder);

    /// <summary>Takes the first batch out that may be delivered before what is on the volume, but not one that is on its way there.</summary>
    public SpoolBatch<T>? TakePast(SpoolBatch<T>? onItsWay) =>
        _formed.Find(b => !_inOrder.Has(b) && b != onItsWay) is { } formed ? Take(formed) : Form(_past);

    /// <summary>The first batch, which stays here.</summary>
    public SpoolBatch<T>? First()
    {
        if (_formed.Count == 0 && Form(_inOrder) is { } batch)
            _formed.Add(batch);
        return _formed.FirstOrDefault();
    }

    /// <summary>Back to the front, as the batch that it is: it was not delivered, or nobody knows.</summary>
    public void PutBack(SpoolBatch<T> batch)
    {
        if (batch.Items.IsEmpty)
            return;
        _formed.Insert(0, batch);

        // From here on it may go to the volume, and none of its session past it.
        if (_past.Has(batch))
            _past = new();
    }

    /// <summary>False: it is not here.</summary>
    public bool Remove(SpoolBatch<T> batch) => _formed.Remove(batch);

    /// <summary>So many items, of a batch that was taken out, are delivered or on the volume.</summary>
    public void Leave(int items) => Volatile.Write(ref _gone, _gone + items);

    /// <summary>So many are nowhere any more.</summary>
    public void Drop(int items)
    {
        Leave(items);
        Interlocked.Add(ref _lost, items);
    }

    /// <summary>Something that is here now was here when this was looked at before, which is long ago. For one who asks again and again.</summary>
    public bool IsLate()
    {
        if (time.GetElapsedTime(_lookedAt) < options.Patience)
            return false;
        var isLate = Volatile.Read(ref _gone) < _addedThen;
        _lookedAt = time.GetTimestamp();
        _addedThen = Volatile.Read(ref _added);
        return isLate;
    }

    private SpoolBatch<T> Take(SpoolBatch<T> formed)
    {
        _formed.Remove(formed);
        return formed;
    }

    private SpoolBatch<T>? Form(BatchSession session)
    {
        var items = ImmutableArray.CreateBuilder<T>();
        while (items.Count < batchSize && _items.TryDequeue(out var item))
            items.Add(item);
        return items.Count == 0 ? null : session.Number(items.DrainToImmutable());
    }
}
