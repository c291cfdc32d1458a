namespace Operator.Watch;

/// <summary>How a <see cref="WorkQueue{TKey}"/> stands, in the terms of client-go's work queue metrics.</summary>
internal readonly record struct QueueLoad
{
    /// <summary>Keys that are due and that nobody has taken yet.</summary>
    public required int Backlog { get; init; }

    /// <summary>How long the keys that are worked on now have been so, all together.</summary>
    public required TimeSpan UnfinishedWork { get; init; }

    /// <summary>And the one that has been so longest; zero where there is none.</summary>
    public required TimeSpan LongestRunning { get; init; }
}
