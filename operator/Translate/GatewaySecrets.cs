using System.Security.Cryptography;
using Gateway.Contract;
using Operator.Alerts;
using Operator.Api;
using Operator.Children;

namespace Operator.Translate;

/// <summary>
/// The Secrets that a gateway names for itself. Those of its databases and of its certificate are mounted into its pods, which do not start
/// without them, so what is wrong with one is said here.
/// </summary>
internal sealed class GatewaySecrets(LlmGateway gateway, SecretLookup secrets, FindingLog log)
{
    /// <param name="isCluster">Else no pod is there that databases and certificates were for.</param>
    public void Check(bool isCluster)
    {
        if (isCluster)
            CheckPods();
        if (gateway.Spec.Alerts?.Webhook is { } webhook)
            CheckWebhook(webhook);
    }

    private void CheckPods()
    {
        if (gateway.Spec.Postgres is { } postgres)
            CheckPostgres(postgres);
        if (gateway.Spec.Redis is { } redis)
            CheckRedis(redis);
        if (gateway.Spec.Tls is { SecretRef.Name: var name })
        {
            const string Hint = "create it with a certificate and its key, as `kubectl create secret tls` does";
            if (CheckPem("spec.tls.secretRef", new() { Name = name, Key = "tls.crt" }, Hint))
                CheckPem("spec.tls.secretRef", new() { Name = name, Key = "tls.key" }, Hint);
        }
    }

    /// <summary>No pod needs it, so it is a warning.</summary>
    private void CheckWebhook(WebhookSpec spec)
    {
        const string Field = "spec.alerts.webhook.secretRef";
        var (value, problem) = secrets.Find(gateway.Metadata.Namespace, spec.SecretRef);
        if (problem is not null)
            log.Warn(gateway, ConditionTypes.ResolvedRefs, problem.Reason, Field, $"{problem.Message}; no alert is sent without it");
        else if (WebhookKey.Parse(value!) is null)
        {
            var message = $"`{spec.SecretRef.Key}` of the Secret `{spec.SecretRef.Name}` must be `whsec_` and the base64 of 24 to 64 bytes";
            log.Warn(gateway, ConditionTypes.ResolvedRefs, ConditionReasons.SecretValueInvalid, Field, $"{message}; no alert is sent without it");
        }
    }

    private void CheckPostgres(PostgresSpec spec)
    {
        if (spec.CloudNativePg is { ClusterName: var cluster })
        {
            var hint = $"the Cluster `{cluster}` of CloudNativePG makes it in this namespace once it is there; see `kubectl get clusters`";
            var isThere = CheckUri("spec.postgres.cloudNativePG", StoreSecrets.Uri(spec), StoreUri.Postgres, hint);
            if (isThere && spec.CaSecretRef is null)
                CheckPem("spec.postgres.cloudNativePG", StoreSecrets.Ca(spec)!, hint);
        }
        else
        {
            const string Hint = "create it with the connection URI, `postgresql://…`, or name another one";
            CheckUri("spec.postgres.secretRef", StoreSecrets.Uri(spec), StoreUri.Postgres, Hint);
        }

        if (spec.CaSecretRef is not null)
            CheckAuthorities("spec.postgres.caSecretRef", StoreSecrets.Ca(spec)!);
    }

    private void CheckRedis(RedisSpec spec)
    {
        const string Hint = "create it with the URI, `redis://…` or `rediss://…`, or name another one";
        CheckUri("spec.redis.secretRef", StoreSecrets.Uri(spec), StoreUri.Redis, Hint);
        if (StoreSecrets.Ca(spec) is { } ca)
            CheckAuthorities("spec.redis.caSecretRef", ca);
    }

    private void CheckAuthorities(string field, SecretKeyReference reference) =>
        CheckPem(
            field, reference, "create it with the certificates of the authorities as PEM, or leave the field out to trust the public ones");

    private bool CheckUri(
        string field, SecretKeyReference reference, Func<string, (StoreUri? Uri, string? Problem)> parse, string hint)
    {
        var (value, problem) = secrets.Find(gateway.Metadata.Namespace, reference);
        if (value is null)
            return Fail(field, problem!, hint);
        return parse(value).Problem is not { } fault || Invalid(field, reference, fault);
    }

    private bool CheckPem(string field, SecretKeyReference reference, string hint)
    {
        var (value, problem) = secrets.FindText(gateway.Metadata.Namespace, reference);
        if (value is null)
            return Fail(field, problem!, hint);
        return PemEncoding.TryFind(value, out _) || Invalid(field, reference, "must be PEM, with its lines `-----BEGIN …-----`");
    }

    /// <summary>Always false.</summary>
    private bool Invalid(string field, SecretKeyReference reference, string fault)
    {
        var message = $"`{reference.Key}` of the Secret `{reference.Name}` {fault}";
        log.Fail(gateway, ConditionTypes.ResolvedRefs, ConditionReasons.SecretValueInvalid, field, message);
        return false;
    }

    /// <summary>Always false.</summary>
    private bool Fail(string field, SecretProblem problem, string hint)
    {
        var message = problem.Reason switch
        {
            ConditionReasons.SecretNotFound or ConditionReasons.SecretKeyMissing => $"{problem.Message}; {hint}",
            ConditionReasons.SecretNotAllowed => $"{problem.Message}; name another Secret",
            _ => problem.Message,
        };
        log.Fail(gateway, ConditionTypes.ResolvedRefs, problem.Reason, field, message);
        return false;
    }
}
