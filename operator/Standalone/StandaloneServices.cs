using Microsoft.Extensions.Logging;
using Operator.Api;
using Operator.Push;
using Operator.Reconcile;

namespace Operator.Standalone;

/// <summary>What standalone mode takes from outside, so that its parts take nothing by themselves.</summary>
internal sealed record StandaloneServices
{
    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>From 0 up to, not including, 1.</summary>
    public required Func<double> Random { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>Tells the user something, in one line.</summary>
    public required Action<string> Notice { get; init; }

    /// <summary>See <see cref="AlertSender.Send"/>.</summary>
    public required Action<WebhookTarget, PendingAlert, Action> Alert { get; init; }

    /// <summary>For the push.</summary>
    public required ILogger<ConfigPublisher> PublisherLogger { get; init; }
}
