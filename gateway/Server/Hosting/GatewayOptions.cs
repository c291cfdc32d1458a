using System.Net;
using Gateway.Server.Stores;

namespace Gateway.Server.Hosting;

/// <summary>What the process is told before it has a config. Read once from the environment, see <see cref="OptionsReader"/>.</summary>
internal sealed record GatewayOptions
{
    /// <summary>GATEWAY_DATA_ADDRESS, default <c>0.0.0.0:4000</c>. Port 0 takes a free one, here and below.</summary>
    public IPEndPoint DataAddress { get; init; } = new(IPAddress.Any, 4000);

    /// <summary>GATEWAY_ADMIN_ADDRESS, default <c>0.0.0.0:4001</c>.</summary>
    public IPEndPoint AdminAddress { get; init; } = new(IPAddress.Any, 4001);

    /// <summary>GATEWAY_METRICS_ADDRESS, default <c>0.0.0.0:4002</c>.</summary>
    public IPEndPoint MetricsAddress { get; init; } = new(IPAddress.Any, 4002);

    /// <summary>
    /// GATEWAY_STATE_DIRECTORY, default <c>/var/lib/llm-gateway</c>: the last good config and the journal. Made when it is missing.
    /// </summary>
    public string StateDirectory { get; init; } = "/var/lib/llm-gateway";

    /// <summary>
    /// GATEWAY_CONFIG_DIRECTORY, default none: where a volume shows the durable copy of the config, an <c>index</c> and its slots, for a
    /// pod that starts with an empty state directory. See <see cref="Gateway.Contract.DurableIndex"/>.
    /// </summary>
    public string? ConfigDirectory { get; init; }

    /// <summary>
    /// GATEWAY_UID, default none: the uid of the LlmGateway that this process serves. Without it the first config says so, and a kept
    /// config of a gateway that was deleted and made anew on the same volume would refuse every push of the new one.
    /// </summary>
    public string? Uid { get; init; }

    /// <summary>
    /// GATEWAY_NAME, <c>namespace/name</c> of the LlmGateway: whose counters and rows those in a database are. Required with Postgres.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>GATEWAY_ADMIN_TOKEN_FILE, required. One bearer token a line; all of them are valid.</summary>
    public required string AdminTokenFile { get; init; }

    /// <summary>GATEWAY_ADMIN_CERTIFICATE_FILE: null is allowed on a loopback address only.</summary>
    public PemFiles? AdminCertificate { get; init; }

    /// <summary>GATEWAY_TLS_CERTIFICATE_FILE: null for plain HTTP on the data port.</summary>
    public PemFiles? DataCertificate { get; init; }

    /// <summary>GATEWAY_POSTGRES_URL_FILE, default none; GATEWAY_POSTGRES_CA_FILE, default the public authorities.</summary>
    public StoreFiles? Postgres { get; init; }

    /// <summary>GATEWAY_REDIS_URL_FILE, default none; GATEWAY_REDIS_CA_FILE, default the public authorities.</summary>
    public StoreFiles? Redis { get; init; }

    /// <summary>
    /// GATEWAY_LEDGER_RETENTION_DAYS, default 90: rows in Postgres that are older are deleted; what hourly reports are made of stays.
    /// </summary>
    public int LedgerRetentionDays { get; init; } = 90;

    /// <summary>GATEWAY_SPOOL_MAX_MIB, default 128: what may wait for a database in the state directory; with Redis twice that.</summary>
    public int SpoolMaxMiB { get; init; } = 128;

    /// <summary>How both are watched.</summary>
    public StoreWatchOptions StoreWatch { get; init; } = new();

    /// <summary>GATEWAY_ALLOW_LOOPBACK_UPSTREAMS, default false: targets on this machine, for laptops and tests.</summary>
    public bool AllowLoopbackUpstreams { get; init; }

    /// <summary>
    /// GATEWAY_CONFIG_WAIT_SECONDS, default 5: how long a config from disk waits for a newer one to be pushed before it is served as ready.
    /// </summary>
    public TimeSpan ConfigWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>GATEWAY_LOG_LEVEL, default Information.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>GATEWAY_BODY_MEMORY_BYTES, default a quarter of the memory limit: what request bodies may hold at the same time.</summary>
    public required long BodyMemoryBytes { get; init; }

    /// <summary>GATEWAY_METRICS_BY_KEY, default false: requests, tokens and cost by key as well.</summary>
    public bool MetricsByKey { get; init; }
}

/// <summary>A certificate with its chain, and its key.</summary>
/// <param name="Certificate">GATEWAY_…_CERTIFICATE_FILE.</param>
/// <param name="Key">GATEWAY_…_KEY_FILE; where it is not set, the certificate's file holds the key too.</param>
internal sealed record PemFiles(string Certificate, string Key);
