using System.Collections.Frozen;

namespace Operator.Children;

/// <summary>
/// The environment variables of the gateway that the operator sets; <c>GatewayOptions</c> of the gateway is the list.
/// </summary>
internal static class GatewayVariables
{
    public const string Prefix = "GATEWAY_";

    /// <summary>The uid of the LlmGateway: a config for another one is refused.</summary>
    public const string Uid = "GATEWAY_UID";

    /// <summary><c>namespace/name</c> of the LlmGateway: whose counters and rows those in a database are.</summary>
    public const string Name = "GATEWAY_NAME";

    public const string StateDirectory = "GATEWAY_STATE_DIRECTORY";

    /// <summary>One token a line.</summary>
    public const string AdminTokenFile = "GATEWAY_ADMIN_TOKEN_FILE";

    /// <summary>Certificate and key in one file.</summary>
    public const string AdminCertificateFile = "GATEWAY_ADMIN_CERTIFICATE_FILE";

    public const string TlsCertificateFile = "GATEWAY_TLS_CERTIFICATE_FILE";

    public const string TlsKeyFile = "GATEWAY_TLS_KEY_FILE";

    /// <summary>The durable copy of the config: <c>index</c>, and <c>a-0</c> to <c>b-3</c>, each of which may be missing.</summary>
    public const string ConfigDirectory = "GATEWAY_CONFIG_DIRECTORY";

    /// <summary>A connection URI, <c>postgresql://…</c>.</summary>
    public const string PostgresUrlFile = "GATEWAY_POSTGRES_URL_FILE";

    /// <summary>Authorities as PEM; not set: the public ones.</summary>
    public const string PostgresCaFile = "GATEWAY_POSTGRES_CA_FILE";

    /// <summary>Days that rows of the ledger stay in Postgres.</summary>
    public const string LedgerRetentionDays = "GATEWAY_LEDGER_RETENTION_DAYS";

    /// <summary>What may wait for a database on the pod's volume, of each kind.</summary>
    public const string SpoolMaxMiB = "GATEWAY_SPOOL_MAX_MIB";

    /// <summary>A URI, <c>redis://…</c> or <c>rediss://…</c>.</summary>
    public const string RedisUrlFile = "GATEWAY_REDIS_URL_FILE";

    /// <summary>Authorities as PEM; not set: the public ones.</summary>
    public const string RedisCaFile = "GATEWAY_REDIS_CA_FILE";

    /// <summary>Those that users may set, by the overlay of the pod template.</summary>
    public static FrozenSet<string> Free { get; } = new[]
    {
        "GATEWAY_BODY_MEMORY_BYTES", "GATEWAY_CONFIG_WAIT_SECONDS", "GATEWAY_LOG_LEVEL", "GATEWAY_METRICS_BY_KEY",
    }.ToFrozenSet(StringComparer.Ordinal);
}
