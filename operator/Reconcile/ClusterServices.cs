using Microsoft.Extensions.Logging;
using Operator.Api;
using Operator.Children;
using Operator.Telemetry;
using Operator.Kubernetes;
using Operator.Push;
using Operator.Translate;
using Operator.Watch;

namespace Operator.Reconcile;

/// <summary>What the line of every gateway takes from outside, so that its parts take nothing by themselves.</summary>
internal sealed record ClusterServices
{
    /// <summary>
    /// Of the API server. Waits for no pause that it asks for: what can wait comes again, and what cannot goes before it.
    /// </summary>
    public required KubernetesClient Client { get; init; }

    /// <summary>What the watches know.</summary>
    public required ClusterView View { get; init; }

    /// <summary>Takes what users should hear of.</summary>
    public required Action<EventText> Tell { get; init; }

    /// <summary>Takes crossings of Budgets that a webhook should hear of, and tells when one has come to its end.</summary>
    public required Action<WebhookTarget, PendingAlert, Action> Alert { get; init; }

    /// <summary>The built-in prices.</summary>
    public required PriceTable Prices { get; init; }

    /// <summary>The operator and its cluster.</summary>
    public required OperatorFacts Facts { get; init; }

    /// <summary>The patience of the push.</summary>
    public required PublisherOptions Publisher { get; init; }

    /// <summary>Whether this process may write and push now.</summary>
    public required Func<bool> IsLeader { get; init; }

    /// <summary>The same, by the word of the API server.</summary>
    public required Func<CancellationToken, Task<bool>> ConfirmLeadAsync { get; init; }

    /// <summary>Whose pods roll after an upgrade.</summary>
    public RolloutTurns Rollouts { get; } = new();

    /// <summary>Counts.</summary>
    public required OperatorMetrics Metrics { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Of every part.</summary>
    public required ILoggerFactory Loggers { get; init; }
}
