using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Gateway.Server.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Hosting;

/// <summary>A whole gateway in this process whose folder outlives it, so that a test can start another one on it.</summary>
internal sealed class HostedGateway : IAsyncDisposable
{
    public const string Token = "admin-token";

    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _client;
    private readonly DrainPlan _plan = new(TimeSpan.Zero, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));
    private bool _stopped;

    private HostedGateway(GatewayProcess process, SocketsHttpHandler handler)
    {
        Process = process;
        _handler = handler;
        _client = new(handler);
    }

    public GatewayProcess Process { get; }

    public HttpClient Client => _client;

    public BoundAddresses Addresses => Process.Addresses;

    public static GatewayOptions Options(DirectoryInfo folder)
    {
        var token = Path.Combine(folder.FullName, "token");
        if (!File.Exists(token))
            File.WriteAllText(token, Token);
        return new()
        {
            DataAddress = new(IPAddress.Loopback, 0),
            AdminAddress = new(IPAddress.Loopback, 0),
            MetricsAddress = new(IPAddress.Loopback, 0),
            StateDirectory = Path.Combine(folder.FullName, "state"),
            AdminTokenFile = token,
            AllowLoopbackUpstreams = true,
            BodyMemoryBytes = 256 * 1024 * 1024,
        };
    }

    public static async Task<HostedGateway> StartAsync(
        GatewayOptions options, SocketsHttpHandler? handler = null, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        var process = await GatewayProcess.CreateAsync(
            options, time ?? TimeProvider.System, new Random(1).NextDouble, loggers ?? NullLoggerFactory.Instance);
        await process.StartAsync(TestContext.Current.CancellationToken);
        return new(process, handler ?? new() { UseProxy = false });
    }

    /// <summary>Sends it with its true hash.</summary>
    public Task<HttpResponseMessage> PutAsync(ConfigSnapshot config, string token = Token) =>
        SendAsync(HttpMethod.Put, Addresses.Admin + "/config", Json(config), token);

    public async Task<ConfigStatus> StatusAsync()
    {
        using var reply = await SendAsync(HttpMethod.Get, Addresses.Admin + "/config/status");
        return (await reply.Content.ReadFromJsonAsync(ContractJson.Default.ConfigStatus, TestContext.Current.CancellationToken))!;
    }

    public async Task<(HttpStatusCode Status, JsonObject Body)> ReadinessAsync()
    {
        using var reply = await SendAsync(HttpMethod.Get, Addresses.Data + "/health/readiness", null, null);
        return (reply.StatusCode, await reply.JsonAsync());
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, string? body = null, string? token = Token)
    {
        using var request = new HttpRequestMessage(method, url);
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public static string Json(ConfigSnapshot config) =>
        JsonSerializer.Serialize(CanonicalJson.WithHash(config), ContractJson.Default.ConfigSnapshot);

    public Task StopAsync() => StopAsync(_plan);

    public async Task StopAsync(DrainPlan plan)
    {
        if (_stopped)
            return;
        _stopped = true;
        await Process.StopAsync(plan, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Process.DisposeAsync();
        _client.Dispose();
        _handler.Dispose();
    }
}
