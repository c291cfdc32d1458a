namespace Operator.Watch;

/// <summary>
/// Is told what happens in a <see cref="WorkQueue{TKey}"/>, in the terms of client-go's work queue metrics. Called under the queue's lock:
/// must be quick, and must not call the queue.
/// </summary>
internal sealed record QueueObserver
{
    /// <summary>A key that did not wait waits now, be it for later; whether it is worked on does not matter.</summary>
    public required Action Added { get; init; }

    /// <summary>A key was taken, so long after it was due.</summary>
    public required Action<TimeSpan> Taken { get; init; }

    /// <summary>Work on a key ended, well or not, so long after it was taken.</summary>
    public required Action<TimeSpan> Worked { get; init; }

    /// <summary>It failed, and comes again.</summary>
    public required Action Retried { get; init; }
}
