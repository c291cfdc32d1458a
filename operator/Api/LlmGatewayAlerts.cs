using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>Where crossings of Budgets are told, beside the Events that are written of them.</summary>
internal sealed record AlertsSpec
{
    /// <summary>One POST for each crossing.</summary>
    public WebhookSpec? Webhook { get; init; }
}

/// <summary>
/// A receiver of signed JSON messages, as Standard Webhooks describes them (https://www.standardwebhooks.com). One that does not take a
/// message is tried again for about three hours.
/// </summary>
internal sealed record WebhookSpec
{
    /// <summary>An absolute http or https URL.</summary>
    [Text(1024, Pattern = Patterns.HttpUrl, Means = Patterns.HttpUrlMeans, Sensitive = true)]
    [CelRule("isURL(self)", RuleMessages.NotAUrl)]
    public required string Url { get; init; }

    /// <summary>
    /// The key that messages are signed with: `whsec_` and the base64 of 24 to 64 random bytes, as `echo whsec_$(openssl rand -base64 32)`
    /// makes it.
    /// </summary>
    public required SecretKeyReference SecretRef { get; init; }
}
