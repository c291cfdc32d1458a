namespace Operator.Kubernetes;

/// <summary>Who tells events, and how many at most.</summary>
internal sealed record EventOptions
{
    /// <summary>A qualified name. Default <c>llmgateway.dev/operator</c>.</summary>
    public string Controller { get; init; } = "llmgateway.dev/operator";

    /// <summary>This process; at most 128 characters.</summary>
    public required string Instance { get; init; }

    /// <summary>How many different events of one object are told at once before <see cref="RefillInterval"/> holds. Default 25.</summary>
    public int Burst { get; init; } = 25;

    /// <summary>After each such time one more may be told of that object. Default 5 min.</summary>
    public TimeSpan RefillInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What happens again within it is the same series; the count is written once per interval. Default 6 min.</summary>
    public TimeSpan SeriesInterval { get; init; } = TimeSpan.FromMinutes(6);

    /// <summary>Events that wait to be sent; beyond it the newest are dropped. Default 1,000.</summary>
    public int MaxWaiting { get; init; } = 1000;
}
