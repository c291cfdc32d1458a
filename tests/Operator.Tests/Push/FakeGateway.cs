using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Gateway.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Operator.Push;

namespace Operator.Tests.Push;

/// <summary>An admin port over a real socket with TLS: it keeps the highest revision, or answers as it is told to.</summary>
internal sealed class FakeGateway : IAsyncDisposable
{
    public const string Token = "the-token";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<long> _pushed = [];
    private readonly ConcurrentQueue<ConfigSnapshot> _accepted = [];
    private volatile ConfigSnapshot? _config;
    private volatile AdminFile _file = null!;

    private FakeGateway(AdminCertificate certificate, ImmutableArray<string> tokens, IPEndPoint listen)
    {
        Use(certificate, tokens);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(
            listen,
            l => l.UseHttps(https => https.ServerCertificateSelector = (_, _) => _file.Presented)));
        _app = builder.Build();
        _app.Use(AuthorizeAsync);
        _app.MapPut("/config", PutAsync);
        _app.MapGet("/config/status", StatusAsync);
        _app.MapGet("/spend/report", ReportAsync);
    }

    public AdminCertificate Certificate => _file.Certificate;

    /// <summary>Answers instead of the fake where it is set: with its status and, unless null, its body.</summary>
    public (int Status, string? Body)? Answer { get; set; }

    /// <summary>What it says of itself, where it is set.</summary>
    public string? StatusAnswer { get; set; }

    /// <summary>What it complains of in a config; null where it takes it.</summary>
    public Func<ConfigSnapshot, ImmutableArray<ConfigError>?> Refuse { get; set; } = _ => null;

    /// <summary>By the query: what it answers for a report.</summary>
    public Func<string, (int Status, string Body)> Report { get; set; } = _ => (404, "");

    /// <summary>What it serves; null before the first.</summary>
    public ConfigSnapshot? Config => _config;

    /// <summary>What it took, in its order.</summary>
    public ImmutableArray<ConfigSnapshot> Accepted => [.. _accepted];

    /// <summary>Where its budgets stand.</summary>
    public ImmutableArray<BudgetCounter> Budgets { get; set; } = [];

    /// <summary>What it has lost of the ledger.</summary>
    public long LostRecords { get; set; }

    /// <summary>Waited for before each answer to a push.</summary>
    public Func<Task> BeforePush { get; set; } = () => Task.CompletedTask;

    /// <summary>Revisions in the order in which they came.</summary>
    public ImmutableArray<long> Pushed => [.. _pushed];

    public int StatusRequests;

    public PodEndpoint Pod => new() { Name = "pod-0", Address = new(_app.Urls.Single()) };

    public AdminAccess Access => new() { Tokens = [Token], Pins = [Certificate.Pin] };

    public static Task<FakeGateway> StartAsync() =>
        StartAsync(AdminCertificate.Issue("main", DateTimeOffset.UtcNow), [Token], new(IPAddress.Loopback, 0));

    /// <summary>As a pod that was given these files.</summary>
    public static async Task<FakeGateway> StartAsync(AdminCertificate certificate, ImmutableArray<string> tokens, IPEndPoint listen)
    {
        var gateway = new FakeGateway(certificate, tokens, listen);
        await gateway._app.StartAsync(TestContext.Current.CancellationToken);
        return gateway;
    }

    /// <summary>From now on, as after another look at its files.</summary>
    public void Use(AdminCertificate certificate, ImmutableArray<string> tokens) =>
        _file = new(certificate, X509Certificate2.CreateFromPem(certificate.Pem, certificate.Pem), tokens);

    public void Forget() => _config = null;

    /// <summary>Starts with what the volume or the durable copy held.</summary>
    public void Boot(ConfigSnapshot config) => _config = config;

    /// <summary>Without waiting for what it still owes an answer.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private Task AuthorizeAsync(HttpContext http, RequestDelegate next)
    {
        if (_file.Tokens.Any(t => http.Request.Headers.Authorization == $"Bearer {t}"))
            return next(http);
        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }

    private async Task PutAsync(HttpContext http)
    {
        await using var body = new GZipStream(http.Request.Body, CompressionMode.Decompress);
        var config = await JsonSerializer.DeserializeAsync(body, ContractJson.Default.ConfigSnapshot);
        _pushed.Enqueue(config!.Revision);
        await BeforePush();
        if (Answer is { } answer)
        {
            http.Response.StatusCode = answer.Status;
            await http.Response.WriteAsync(answer.Body ?? "");
            return;
        }

        if (Refuse(config) is { } errors)
        {
            http.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            await http.Response.WriteAsync(JsonSerializer.Serialize(new PushReply { Errors = errors }, ContractJson.Default.PushReply));
            return;
        }

        if (_config is { } held && Beats(held, config))
        {
            http.Response.StatusCode = StatusCodes.Status409Conflict;
        }
        else
        {
            _config = config;
            _accepted.Enqueue(config);
        }

        var reply = new PushReply { Revision = _config!.Revision, Hash = _config.Hash, Uid = _config.Gateway };
        await http.Response.WriteAsync(JsonSerializer.Serialize(reply, ContractJson.Default.PushReply));
    }

    private static bool Beats(ConfigSnapshot held, ConfigSnapshot config) => held.Gateway != config.Gateway
        || held.Revision > config.Revision
        || (held.Revision == config.Revision && held.Hash != config.Hash);

    private Task StatusAsync(HttpContext http)
    {
        Interlocked.Increment(ref StatusRequests);
        if (StatusAnswer is { } answer)
            return http.Response.WriteAsync(answer);
        var status = new ConfigStatus
        {
            SchemaVersions = [ConfigSnapshot.CurrentSchemaVersion],
            Uid = _config?.Gateway ?? "",
            Revision = _config?.Revision ?? 0,
            Hash = _config?.Hash ?? "",
            Ready = _config is not null,
            Budgets = Budgets,
            LostRecords = LostRecords,
        };
        return http.Response.WriteAsync(JsonSerializer.Serialize(status, ContractJson.Default.ConfigStatus));
    }

    private Task ReportAsync(HttpContext http)
    {
        var (status, body) = Report(http.Request.QueryString.Value ?? "");
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(body);
    }

    private sealed record AdminFile(AdminCertificate Certificate, X509Certificate2 Presented, ImmutableArray<string> Tokens);
}
