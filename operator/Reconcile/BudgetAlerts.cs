using System.Collections.Immutable;
using Operator.Alerts;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Translate;

namespace Operator.Reconcile;

/// <summary>Which of the news go to the webhook of a gateway.</summary>
internal static class BudgetAlerts
{
    /// <summary>Nothing where the version in force names no webhook, or its key cannot be used.</summary>
    /// <param name="inForce">The gateway; null: none ever was.</param>
    /// <param name="secrets">Those that it names.</param>
    /// <param name="news">What is told as events.</param>
    /// <param name="now">The time of the messages.</param>
    public static IEnumerable<(WebhookTarget Target, BudgetAlert Alert)> Of(
        LlmGateway? inForce, ImmutableArray<Secret> secrets, ImmutableArray<EventText> news, DateTimeOffset now)
    {
        if (inForce is not { Spec.Alerts.Webhook: { } webhook } gateway || Key(gateway, webhook, secrets) is not { } key)
            return [];
        var target = new WebhookTarget(new(webhook.Url), key);
        return
            from text in news
            let alert = text.Regarding is Budget budget ? BudgetAlert.Of(gateway, budget, text.Reason, text.Note, now) : null
            where alert is not null
            select (target, alert);
    }

    private static WebhookKey? Key(LlmGateway gateway, WebhookSpec webhook, ImmutableArray<Secret> secrets) =>
        new SecretLookup(secrets).Find(gateway.Metadata.Namespace, webhook.SecretRef).Value is { } text ? WebhookKey.Parse(text) : null;
}
