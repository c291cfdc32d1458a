using System.Text.Json.Serialization;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>A Postgres database: exactly one of `secretRef` and `cloudNativePG` is set.</summary>
[CelRule("has(self.secretRef) != has(self.cloudNativePG)", RuleMessages.OnePostgres)]
internal sealed record PostgresSpec
{
    /// <summary>A Secret with a connection URI, `postgresql://…`.</summary>
    public ConnectionSecretReference? SecretRef { get; init; }

    /// <summary>A cluster of CloudNativePG in the same namespace: the URI is in the Secret that it makes.</summary>
    [JsonPropertyName("cloudNativePG")]
    public CloudNativePgReference? CloudNativePg { get; init; }

    /// <summary>Authorities that its certificate is checked against; default: the public ones, or those of the cluster.</summary>
    public CertificateSecretReference? CaSecretRef { get; init; }

    /// <summary>Days that the ledger keeps the row of each call. Sums by hours, which most reports are made of, and budgets stay.</summary>
    [Bounds(1, 3650)]
    public int RetentionDays { get; init; } = 90;
}

/// <summary>A cluster of CloudNativePG. https://cloudnative-pg.io</summary>
internal sealed record CloudNativePgReference
{
    /// <summary>Its name; the Secret is `NAME-app`, the key `uri`.</summary>
    [Text(50, Pattern = Patterns.DnsLabel, Means = Patterns.DnsLabelMeans)]
    public required string ClusterName { get; init; }
}

/// <summary>A Redis, or what speaks its protocol.</summary>
internal sealed record RedisSpec
{
    /// <summary>
    /// A Secret with a URI, `redis://:PASSWORD@HOST:6379/0` or `redis://USER:PASSWORD@HOST:6379/0`, or `rediss://…` for TLS: one server.
    /// Sentinel is not supported.
    /// </summary>
    public required ConnectionSecretReference SecretRef { get; init; }

    /// <summary>Authorities that its certificate is checked against; default: the public ones.</summary>
    public CertificateSecretReference? CaSecretRef { get; init; }
}
