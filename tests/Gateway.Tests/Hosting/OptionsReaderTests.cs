using System.Net;
using Gateway.Server.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Hosting;

public sealed class OptionsReaderTests
{
    private const long MemoryLimit = 1024;

    private static readonly (string, string)[] s_least =
        [("GATEWAY_ADMIN_TOKEN_FILE", "/token"), ("GATEWAY_ADMIN_CERTIFICATE_FILE", "/tls.pem")];

    [Fact]
    public void OnlyWhatIsRequired_GivesTheDefaults() => Options().ShouldBe(new()
    {
        DataAddress = new(IPAddress.Any, 4000),
        AdminAddress = new(IPAddress.Any, 4001),
        MetricsAddress = new(IPAddress.Any, 4002),
        StateDirectory = "/var/lib/llm-gateway",
        Uid = null,
        AdminTokenFile = "/token",
        AdminCertificate = new("/tls.pem", "/tls.pem"),
        DataCertificate = null,
        AllowLoopbackUpstreams = false,
        ConfigWait = TimeSpan.FromSeconds(5),
        LogLevel = LogLevel.Information,
        BodyMemoryBytes = MemoryLimit / 4,
        MetricsByKey = false,
    });

    [Fact]
    public void EveryVariable_IsRead() => Options(
        ("GATEWAY_DATA_ADDRESS", "[::1]:1"),
        ("GATEWAY_ADMIN_ADDRESS", "10.0.0.1:2"),
        ("GATEWAY_METRICS_ADDRESS", "127.0.0.1:0"),
        ("GATEWAY_STATE_DIRECTORY", " /state "),
        ("GATEWAY_CONFIG_DIRECTORY", "/config"),
        ("GATEWAY_UID", "u"),
        ("GATEWAY_ADMIN_CERTIFICATE_FILE", "/a.crt"),
        ("GATEWAY_ADMIN_KEY_FILE", "/a.key"),
        ("GATEWAY_TLS_CERTIFICATE_FILE", "/d.crt"),
        ("GATEWAY_TLS_KEY_FILE", "/d.key"),
        ("GATEWAY_NAME", "team/main"),
        ("GATEWAY_POSTGRES_URL_FILE", "/pg/uri"),
        ("GATEWAY_POSTGRES_CA_FILE", "/pg/ca.crt"),
        ("GATEWAY_REDIS_URL_FILE", "/redis/uri"),
        ("GATEWAY_LEDGER_RETENTION_DAYS", "400"),
        ("GATEWAY_SPOOL_MAX_MIB", "1024"),
        ("GATEWAY_ALLOW_LOOPBACK_UPSTREAMS", "true"),
        ("GATEWAY_CONFIG_WAIT_SECONDS", "0"),
        ("GATEWAY_LOG_LEVEL", "debug"),
        ("GATEWAY_BODY_MEMORY_BYTES", "7"),
        ("GATEWAY_METRICS_BY_KEY", "True")).ShouldBe(new()
    {
        DataAddress = new(IPAddress.IPv6Loopback, 1),
        AdminAddress = new(IPAddress.Parse("10.0.0.1"), 2),
        MetricsAddress = new(IPAddress.Loopback, 0),
        StateDirectory = "/state",
        ConfigDirectory = "/config",
        Uid = "u",
        Name = "team/main",
        AdminTokenFile = "/token",
        AdminCertificate = new("/a.crt", "/a.key"),
        DataCertificate = new("/d.crt", "/d.key"),
        Postgres = new("/pg/uri", "/pg/ca.crt"),
        Redis = new("/redis/uri", null),
        LedgerRetentionDays = 400,
        SpoolMaxMiB = 1024,
        AllowLoopbackUpstreams = true,
        ConfigWait = TimeSpan.Zero,
        LogLevel = LogLevel.Debug,
        BodyMemoryBytes = 7,
        MetricsByKey = true,
    });

    [Fact]
    public void LoopbackAdminPort_NeedsNoCertificate() =>
        Read([("GATEWAY_ADMIN_TOKEN_FILE", "/token"), ("GATEWAY_ADMIN_ADDRESS", "127.0.0.1:4001")]).Errors.ShouldBeEmpty();

    [Fact]
    public void EmptyEnvironment_NamesBothVariablesThatAreRequired() => Read([]).Errors.ShouldBe(
    [
        "GATEWAY_ADMIN_TOKEN_FILE must name a file that holds the token of the admin port",
        "GATEWAY_ADMIN_CERTIFICATE_FILE is required unless GATEWAY_ADMIN_ADDRESS is a loopback address",
    ]);

    [Theory]
    [InlineData("GATEWAY_DATA_ADDRESS", "4000")]
    [InlineData("GATEWAY_DATA_ADDRESS", "localhost:4000")]
    [InlineData("GATEWAY_ADMIN_ADDRESS", "127.0.0.1")]
    [InlineData("GATEWAY_METRICS_ADDRESS", "[::1]")]
    [InlineData("GATEWAY_METRICS_ADDRESS", "127.0.0.1:70000")]
    [InlineData("GATEWAY_ALLOW_LOOPBACK_UPSTREAMS", "yes")]
    [InlineData("GATEWAY_METRICS_BY_KEY", "1")]
    [InlineData("GATEWAY_CONFIG_WAIT_SECONDS", "-1")]
    [InlineData("GATEWAY_CONFIG_WAIT_SECONDS", "301")]
    [InlineData("GATEWAY_CONFIG_WAIT_SECONDS", "5s")]
    [InlineData("GATEWAY_BODY_MEMORY_BYTES", "0")]
    [InlineData("GATEWAY_LEDGER_RETENTION_DAYS", "0")]
    [InlineData("GATEWAY_SPOOL_MAX_MIB", "1Gi")]
    [InlineData("GATEWAY_BODY_MEMORY_BYTES", "99999999999999999999")]
    [InlineData("GATEWAY_LOG_LEVEL", "loud")]
    [InlineData("GATEWAY_LOG_LEVEL", "2")]
    public void BadValue_IsNamedAndQuoted(string name, string value)
    {
        var (options, errors) = Read([.. s_least, (name, value)]);

        options.ShouldBeNull();
        var error = errors.ShouldHaveSingleItem();
        error.ShouldStartWith(name + " must be ");
        error.ShouldEndWith($"but is `{value}`");
    }

    [Theory]
    [InlineData("GATEWAY_NAME", "main")]
    [InlineData("GATEWAY_NAME", "/main")]
    [InlineData("GATEWAY_UID", "u")]
    public void DatabaseWithoutTheNameOfTheGateway_IsAMistake(string name, string value) =>
        Read([.. s_least, (name, value), ("GATEWAY_POSTGRES_URL_FILE", "/pg/uri")]).Errors.ShouldBe(
            ["GATEWAY_NAME must be the namespace/name of the LlmGateway where GATEWAY_POSTGRES_URL_FILE is set"]);

    [Fact]
    public void RedisWithoutPostgres_IsAMistake() =>
        Read([.. s_least, ("GATEWAY_REDIS_URL_FILE", "/redis/uri")]).Errors.ShouldBe(
            ["GATEWAY_REDIS_URL_FILE requires GATEWAY_POSTGRES_URL_FILE, which names the database of the ledger"]);

    [Fact]
    public void KeyFileWithoutACertificate_IsAMistake() =>
        Read([.. s_least, ("GATEWAY_TLS_KEY_FILE", "/d.key")]).Errors.ShouldBe(
            ["GATEWAY_TLS_KEY_FILE is of no use without GATEWAY_TLS_CERTIFICATE_FILE"]);

    [Fact]
    public void AuthoritiesWithoutAUrl_AreAMistake() =>
        Read([.. s_least, ("GATEWAY_REDIS_CA_FILE", "/ca.crt")]).Errors.ShouldBe(
            ["GATEWAY_REDIS_CA_FILE is of no use without GATEWAY_REDIS_URL_FILE"]);

    [Fact]
    public void SeveralMistakes_AreAllReported() =>
        Read([("GATEWAY_DATA_ADDRESS", "x"), ("GATEWAY_LOG_LEVEL", "y"), ("GATEWAY_BODY_MEMORY_BYTES", "z")]).Errors.Count.ShouldBe(5);

    private static GatewayOptions Options(params (string Name, string Value)[] variables)
    {
        var (options, errors) = Read([.. s_least, .. variables]);
        errors.ShouldBeEmpty();
        return options.ShouldNotBeNull();
    }

    private static (GatewayOptions? Options, IReadOnlyList<string> Errors) Read((string Name, string Value)[] variables)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in variables)
            environment[name] = value;
        var (options, errors) = new OptionsReader(environment.GetValueOrDefault, MemoryLimit).Read();
        return (options, errors);
    }
}
