namespace Operator.Push;

/// <summary>The patience of the push.</summary>
internal sealed record PublisherOptions
{
    /// <summary>For one request, from the connection to the end of the reply; default 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks at a gateway that has accepted its config; default 30 s.</summary>
    public TimeSpan AntiEntropyInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two attempts at a gateway that does not answer; by custom from 0.2 s to 30 s.</summary>
    public required Backoff Backoff { get; init; }
}
