using System.Collections.Immutable;

namespace Gateway.Contract;

/// <summary>Settings of the gateway as a whole.</summary>
public sealed record SettingsConfig
{
    /// <summary>Time-outs where neither route nor target says otherwise.</summary>
    public TimeoutsConfig Timeouts { get; init; } = new();

    /// <summary>Retries where the route says nothing.</summary>
    public RetryConfig Retry { get; init; } = new();

    /// <summary>Output tokens assumed for a call that sets no limit of its own; default 4,096.</summary>
    public int AssumedOutputTokens { get; init; } = 4096;

    /// <summary>Largest request body in bytes; default 32 MiB.</summary>
    public int MaxBodyBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>
    /// What becomes of a call on a model without a price that a cost budget covers; default <see cref="UnpricedModels.Reject"/>.
    /// </summary>
    public UnpricedModels UnpricedModels { get; init; }

    /// <summary>What becomes of calls while budgets cannot be counted; default <see cref="FailureMode.FailClosed"/>.</summary>
    public FailureMode BudgetStoreFailureMode { get; init; }

    /// <summary>Models that any key of this gateway may use at most, as patterns; default all.</summary>
    public ImmutableArray<string> AllowedModels { get; init; } = ["*"];

    /// <summary>
    /// Hosts that targets may name, exact or with a leading <c>*.</c>; empty (the default) for all that the address guard lets through.
    /// </summary>
    public ImmutableArray<string> AllowedUpstreamHosts { get; init; } = [];

    /// <summary>How long a stopping gateway waits for calls in flight, in seconds; default 300.</summary>
    public int DrainTimeoutSeconds { get; init; } = 300;
}

/// <summary>Policy for models without a price.</summary>
public enum UnpricedModels
{
    /// <summary>Refused with 403 where a cost budget covers the call.</summary>
    Reject,

    /// <summary>Served, counted as unpriced, charged nothing.</summary>
    Allow,
}

/// <summary>What becomes of calls under a budget while the store that counts cannot be reached.</summary>
public enum FailureMode
{
    /// <summary>Refused with 503.</summary>
    FailClosed,

    /// <summary>Served; the ledger catches up afterwards.</summary>
    FailOpen,
}
