using System.Collections.Immutable;

namespace Gateway.Contract;

/// <summary>A public model name and the targets that answer for it.</summary>
public sealed record RouteConfig
{
    /// <summary>The ModelRoute.</summary>
    public required ObjectReference Object { get; init; }

    /// <summary>The public name, as a <see cref="ModelPattern"/>.</summary>
    public required string Model { get; init; }

    /// <summary>Further names of the same route.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>At least one.</summary>
    public required ImmutableArray<TargetConfig> Targets { get; init; }

    /// <summary>Public names of models that are tried, in order, when every target of this route has failed.</summary>
    public ImmutableArray<string> Fallbacks { get; init; } = [];

    /// <summary>Overrides the gateway's.</summary>
    public RetryConfig? Retry { get; init; }

    /// <summary>How one of several targets of equal priority is chosen.</summary>
    public RoutingStrategy Strategy { get; init; }
}

/// <summary>How one of several targets of equal priority is chosen.</summary>
public enum RoutingStrategy
{
    /// <summary>At random, in proportion to the weights.</summary>
    Weighted,

    /// <summary>The one with the fewest calls in flight in proportion to its weight.</summary>
    LeastBusy,

    /// <summary>The one with the shortest recent time to the first byte.</summary>
    LowestLatency,
}

/// <summary>Retries of a call before anything has been sent to the client.</summary>
public sealed record RetryConfig
{
    /// <summary>Further attempts after the first, over all targets of the route; default 2.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>What is tried again; default all of them.</summary>
    public ImmutableArray<RetryReason> On { get; init; } =
        [RetryReason.RateLimited, RetryReason.ServerError, RetryReason.Timeout, RetryReason.ConnectionFailure];
}

/// <summary>A failure that another attempt may mend.</summary>
public enum RetryReason
{
    /// <summary>Upstream answered 429 or 529.</summary>
    RateLimited,

    /// <summary>Upstream answered 5xx, 408, 401 or 403, or its stream failed before the first content.</summary>
    ServerError,

    /// <summary>Upstream did not answer in time.</summary>
    Timeout,

    /// <summary>No connection, or it broke before the answer.</summary>
    ConnectionFailure,
}
