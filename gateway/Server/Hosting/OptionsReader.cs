using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Gateway.Server.Stores;

namespace Gateway.Server.Hosting;

/// <summary>From environment variables to <see cref="GatewayOptions"/>. Finds every mistake, not only the first. Reads no file.</summary>
internal sealed class OptionsReader(Func<string, string?> environment, long memoryLimitBytes)
{
    private readonly ImmutableArray<string>.Builder _errors = ImmutableArray.CreateBuilder<string>();

    /// <summary>The options, or why there are none.</summary>
    public (GatewayOptions? Options, ImmutableArray<string> Errors) Read()
    {
        var options = new GatewayOptions
        {
            DataAddress = Address("GATEWAY_DATA_ADDRESS", 4000),
            AdminAddress = Address("GATEWAY_ADMIN_ADDRESS", 4001),
            MetricsAddress = Address("GATEWAY_METRICS_ADDRESS", 4002),
            StateDirectory = Text("GATEWAY_STATE_DIRECTORY") ?? "/var/lib/llm-gateway",
            ConfigDirectory = Text("GATEWAY_CONFIG_DIRECTORY"),
            Uid = Text("GATEWAY_UID"),
            Name = Text("GATEWAY_NAME"),
            AdminTokenFile = Text("GATEWAY_ADMIN_TOKEN_FILE") ?? "",
            AdminCertificate = Pem("GATEWAY_ADMIN"),
            DataCertificate = Pem("GATEWAY_TLS"),
            Postgres = Store("GATEWAY_POSTGRES"),
            Redis = Store("GATEWAY_REDIS"),
            LedgerRetentionDays = (int)Number("GATEWAY_LEDGER_RETENTION_DAYS", 90, 1, 3650),
            SpoolMaxMiB = (int)Number("GATEWAY_SPOOL_MAX_MIB", 128, 16, 65536),
            AllowLoopbackUpstreams = Switch("GATEWAY_ALLOW_LOOPBACK_UPSTREAMS"),
            ConfigWait = TimeSpan.FromSeconds(Number("GATEWAY_CONFIG_WAIT_SECONDS", 5, 0, 300)),
            LogLevel = Level("GATEWAY_LOG_LEVEL"),
            BodyMemoryBytes = Number("GATEWAY_BODY_MEMORY_BYTES", Math.Max(1, memoryLimitBytes / 4), 1, long.MaxValue),
            MetricsByKey = Switch("GATEWAY_METRICS_BY_KEY"),
        };
        if (options.AdminTokenFile.Length == 0)
            _errors.Add("GATEWAY_ADMIN_TOKEN_FILE must name a file that holds the token of the admin port");
        if (options.AdminCertificate is null && !IPAddress.IsLoopback(options.AdminAddress.Address))
            _errors.Add("GATEWAY_ADMIN_CERTIFICATE_FILE is required unless GATEWAY_ADMIN_ADDRESS is a loopback address");
        if (options.Postgres is not null && options.Name?.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
            _errors.Add("GATEWAY_NAME must be the namespace/name of the LlmGateway where GATEWAY_POSTGRES_URL_FILE is set");
        if (options.Redis is not null && options.Postgres is null)
            _errors.Add("GATEWAY_REDIS_URL_FILE requires GATEWAY_POSTGRES_URL_FILE, which names the database of the ledger");
        return _errors.Count == 0 ? (options, []) : (null, _errors.ToImmutable());
    }

    private string? Text(string name) => environment(name) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    private IPEndPoint Address(string name, int defaultPort)
    {
        var text = Text(name);
        if (text is null)
            return new(IPAddress.Any, defaultPort);

        // TryParse alone takes an address without a port as port 0.
        if (IPEndPoint.TryParse(text, out var address) && text.EndsWith(Invariant($":{address.Port}"), StringComparison.Ordinal))
            return address;
        _errors.Add($"{name} must be an IP address with a port, as 127.0.0.1:4000 or [::1]:4000, but is `{text}`");
        return new(IPAddress.Loopback, defaultPort);
    }

    private PemFiles? Pem(string prefix)
    {
        var certificate = Text(prefix + "_CERTIFICATE_FILE");
        var key = Text(prefix + "_KEY_FILE");
        if (certificate is not null)
            return new(certificate, key ?? certificate);
        if (key is not null)
            _errors.Add($"{prefix}_KEY_FILE is of no use without {prefix}_CERTIFICATE_FILE");
        return null;
    }

    private StoreFiles? Store(string prefix)
    {
        var ca = Text(prefix + "_CA_FILE");
        if (Text(prefix + "_URL_FILE") is { } url)
            return new(url, ca);
        if (ca is not null)
            _errors.Add($"{prefix}_CA_FILE is of no use without {prefix}_URL_FILE");
        return null;
    }

    private bool Switch(string name)
    {
        var text = Text(name);
        if (text is null)
            return false;
        if (bool.TryParse(text, out var value))
            return value;
        _errors.Add($"{name} must be true or false, but is `{text}`");
        return false;
    }

    private long Number(string name, long defaultValue, long min, long max)
    {
        var text = Text(name);
        if (text is null)
            return defaultValue;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            return value;
        _errors.Add(Invariant($"{name} must be a whole number from {min} to {max}, but is `{text}`"));
        return defaultValue;
    }

    private LogLevel Level(string name)
    {
        var text = Text(name);
        if (text is null)
            return LogLevel.Information;
        if (Enum.TryParse<LogLevel>(text, ignoreCase: true, out var level) && Enum.IsDefined(level) && !char.IsAsciiDigit(text[0]))
            return level;
        _errors.Add($"{name} must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}, but is `{text}`");
        return LogLevel.Information;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
