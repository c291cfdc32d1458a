using System.Collections.Immutable;
using Operator.Alerts;
using Operator.Api;
using Operator.Translate;

namespace Operator.Reconcile;

/// <summary>
/// The alerts of one gateway between the statuses of its Budgets, which keep them, and the sender. What was sent, and whose status does not
/// say so yet, is not sent again by this process.
/// </summary>
/// <param name="send">See <see cref="AlertSender.Send"/>.</param>
/// <param name="ended">Called when the status of a Budget has one to take out, from any thread.</param>
internal sealed class BudgetAlerts(Action<WebhookTarget, PendingAlert, Action> send, Action ended)
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _underWay = new(StringComparer.Ordinal);
    private ImmutableHashSet<string> _settled = [];

    /// <summary>Ids of those that came to their end, good or bad, and may still stand in a status.</summary>
    public ImmutableHashSet<string> Settled
    {
        get
        {
            lock (_lock)
                return _settled;
        }
    }

    /// <summary>Sends what is not under way yet; without a usable webhook it waits.</summary>
    /// <param name="inForce">The gateway; null: none ever was.</param>
    /// <param name="secrets">Those that it names.</param>
    /// <param name="pending">All of them.</param>
    public void Send(LlmGateway? inForce, ImmutableArray<Secret> secrets, IEnumerable<PendingAlert> pending)
    {
        var target = inForce is { Spec.Alerts.Webhook: { } webhook } gateway ? Target(gateway, webhook, secrets) : null;
        var alerts = pending.ToList();
        lock (_lock)
        {
            _settled = _settled.Intersect(alerts.Select(a => a.Id));
            alerts.RemoveAll(a => target is null || _settled.Contains(a.Id) || !_underWay.Add(a.Id));
        }

        foreach (var alert in alerts)
            send(target!, alert, () => Settle(alert.Id));
    }

    private void Settle(string id)
    {
        lock (_lock)
        {
            _underWay.Remove(id);
            _settled = _settled.Add(id);
        }

        ended();
    }

    private static WebhookTarget? Target(LlmGateway gateway, WebhookSpec webhook, ImmutableArray<Secret> secrets) =>
        new SecretLookup(secrets).Find(gateway.Metadata.Namespace, webhook.SecretRef).Value is { } text && WebhookKey.Parse(text) is { } key
            ? new(new(webhook.Url), key)
            : null;
}
