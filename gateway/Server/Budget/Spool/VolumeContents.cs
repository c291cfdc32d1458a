namespace Gateway.Server.Budget.Spool;

/// <summary>What is known of a backlog's volume without asking it. Counting needs no lock; the rest is for one at a time.</summary>
internal sealed class VolumeContents<T>
{
    private long _inLog;
    private long _count;

    /// <summary>Items that wait there: what was delivered is not among them, though it may still be there.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>The batch that is delivered next, which was read; null: it has to be read.</summary>
    public SpoolBatch<T>? First { get; set; }

    /// <summary>What was delivered, and is to be taken out of the log: all before the mark. Null: nothing is.</summary>
    public DeliveredLines? Delivered { get; private set; }

    /// <summary>So many items are in the log.</summary>
    public void Holds(long inLog)
    {
        _inLog = inLog;
        Volatile.Write(ref _count, Math.Max(_inLog - (Delivered?.Items ?? 0), 0));
    }

    public SpoolBatch<T>? TakeFirst()
    {
        var first = First;
        First = null;
        return first;
    }

    /// <summary>All before the mark is delivered now, so many items more than until now.</summary>
    public void Deliver(SpoolMark end, int items)
    {
        Delivered = new(end, items + (Delivered?.Items ?? 0));
        Holds(_inLog);
    }

    /// <summary>This was taken out, and so many items are left. More may have been delivered meanwhile.</summary>
    public void Remove(DeliveredLines removed, long inLog)
    {
        var more = Delivered!.Items - removed.Items;
        Delivered = more == 0 ? null : Delivered with { Items = more };
        Holds(inLog);
    }
}

/// <summary>Lines at the beginning of a log.</summary>
/// <param name="End">Behind the last of them.</param>
/// <param name="Items">In all of them.</param>
internal sealed record DeliveredLines(SpoolMark End, int Items);
