using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>Which VirtualKeys and Budgets may attach, and what they may reach.</summary>
internal sealed record AllowedKeysSpec
{
    /// <summary>The namespaces that they may live in.</summary>
    public AllowedNamespaces Namespaces { get; init; } = new();

    /// <summary>The models that any key may use at most, whatever it says itself.</summary>
    [Items(64, Type = ListType.Set), Text(253, Pattern = Patterns.Model, Means = Patterns.ModelMeans)]
    public ImmutableArray<string> Models { get; init; } = ["*"];
}

/// <summary>A choice of namespaces.</summary>
[CelRule("(self.from == 'Selector') == has(self.selector)", RuleMessages.SelectorWithFrom)]
internal sealed record AllowedNamespaces
{
    /// <summary>Which ones.</summary>
    public NamespacesFrom From { get; init; } = NamespacesFrom.Same;

    /// <summary>Labels of the namespaces, with `from: Selector`.</summary>
    public LabelSelector? Selector { get; init; }
}

/// <summary>Which namespaces.</summary>
internal enum NamespacesFrom
{
    /// <summary>The gateway's own.</summary>
    Same,

    /// <summary>All.</summary>
    All,

    /// <summary>The gateway's own and those with the selected labels.</summary>
    Selector,
}

/// <summary>Settings where neither route nor target says otherwise.</summary>
internal sealed record GatewayDefaults
{
    /// <summary>Time-outs of upstream calls.</summary>
    public TimeoutsSpec Timeouts { get; init; } = new();

    /// <summary>Retries of upstream calls.</summary>
    public RetrySpec Retry { get; init; } = new();

    /// <summary>Output tokens that are reserved for a call that sets no limit of its own.</summary>
    [Bounds(1, 1_000_000)]
    public int AssumedOutputTokens { get; init; } = 4096;

    /// <summary>Largest request body; default 32 MiB.</summary>
    [Bounds(1024, 1_073_741_824)]
    public int MaxBodyBytes { get; init; } = 32 * 1024 * 1024;
}

/// <summary>Time-outs of an upstream call. What is not set follows the next level up, at last 5, 300, 300 and 3,600 seconds.</summary>
internal sealed record TimeoutsSpec
{
    /// <summary>Until the connection stands.</summary>
    [Bounds(1, 300)]
    public int? ConnectSeconds { get; init; }

    /// <summary>Until the first byte of the answer.</summary>
    [Bounds(1, 86_400)]
    public int? FirstByteSeconds { get; init; }

    /// <summary>Between two reads of the answer.</summary>
    [Bounds(1, 86_400)]
    public int? IdleSeconds { get; init; }

    /// <summary>The whole call with all its attempts.</summary>
    [Bounds(1, 86_400)]
    public int? TotalSeconds { get; init; }
}

/// <summary>Retries of a call, before anything has been sent to the caller.</summary>
internal sealed record RetrySpec
{
    /// <summary>Further attempts after the first, over all targets of a route.</summary>
    [Bounds(0, 10)]
    public int Attempts { get; init; } = 2;

    /// <summary>What is tried again.</summary>
    [Items(4, Type = ListType.Set)]
    public ImmutableArray<RetryReason> On { get; init; } =
        [RetryReason.RateLimited, RetryReason.ServerError, RetryReason.Timeout, RetryReason.ConnectionFailure];
}
