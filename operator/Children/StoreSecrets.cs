using System.Security.Cryptography;
using System.Text;
using Operator.Api;

namespace Operator.Children;

/// <summary>The Secrets that hold where Postgres and Redis are.</summary>
internal static class StoreSecrets
{
    /// <summary>Bytes of a fingerprint.</summary>
    private const int FingerprintLength = 16;

    /// <summary>
    /// The connection URI. That of a cluster of CloudNativePG is in <c>NAME-app</c>.
    /// https://cloudnative-pg.io/documentation/current/applications/
    /// </summary>
    public static SecretKeyReference Uri(PostgresSpec postgres) => postgres switch
    {
        { SecretRef: { } secret } => new() { Name = secret.Name, Key = secret.Key },
        { CloudNativePg: { } cluster } => new() { Name = $"{cluster.ClusterName}-app", Key = "uri" },
        _ => throw new ArgumentException(RuleMessages.OnePostgres, nameof(postgres)),
    };

    /// <summary>The connection URI.</summary>
    public static SecretKeyReference Uri(RedisSpec redis) => new() { Name = redis.SecretRef.Name, Key = redis.SecretRef.Key };

    /// <summary>
    /// The authorities; null for the public ones. Those of a cluster of CloudNativePG are in <c>NAME-ca</c>.
    /// https://cloudnative-pg.io/documentation/current/certificates/
    /// </summary>
    public static SecretKeyReference? Ca(PostgresSpec postgres) => postgres switch
    {
        { CaSecretRef: { } ca } => Reference(ca),
        { CloudNativePg: { } cluster } => new() { Name = $"{cluster.ClusterName}-ca", Key = "ca.crt" },
        _ => null,
    };

    /// <summary>The authorities; null for the public ones.</summary>
    public static SecretKeyReference? Ca(RedisSpec redis) => redis.CaSecretRef is { } ca ? Reference(ca) : null;

    /// <summary>All that a gateway reads; empty in the embedded tier.</summary>
    public static IEnumerable<SecretKeyReference> Of(LlmGatewaySpec spec)
    {
        SecretKeyReference?[] all =
        [
            spec.Postgres is { } postgres ? Uri(postgres) : null,
            spec.Postgres is { } secured ? Ca(secured) : null,
            spec.Redis is { } redis ? Uri(redis) : null,
            spec.Redis is { } securedRedis ? Ca(securedRedis) : null,
        ];
        return all.OfType<SecretKeyReference>();
    }

    /// <summary>
    /// Changes with what the Secrets hold; null in the embedded tier. A pool of connections keeps the URI that it was opened with, so pods
    /// roll when it changes. Keyed with a secret salt: who may read a Deployment must not be able to try passwords on it.
    /// </summary>
    public static string? Fingerprint(ChildrenInputs inputs)
    {
        var references = Of(inputs.Gateway.Spec).ToList();
        if (references.Count == 0 || inputs.FormerFingerprint is not null || inputs.Admin is not { StoresSalt: var salt })
            return references.Count == 0 ? null : inputs.FormerFingerprint;
        var secrets = inputs.StoreSecrets.ToLookup(s => s.Metadata.Name, StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(salt));
        foreach (var reference in references)
        {
            var value = secrets[reference.Name].FirstOrDefault()?.Read(reference.Key) ?? "";
            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, FingerprintLength));
    }

    private static SecretKeyReference Reference(CertificateSecretReference ca) => new() { Name = ca.Name, Key = ca.Key };
}
