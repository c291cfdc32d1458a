using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Support;

namespace Integration.Tests.Gateway;

/// <summary>The gateway as its own process, which a test may kill.</summary>
internal sealed class GatewayChild : IAsyncDisposable
{
    private const string Token = "admin-token";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });

    private GatewayChild(Process process) => _process = process;

    public required string Data { get; init; }

    public required string Admin { get; init; }

    /// <summary>Starts on free ports with its state in the folder; returns when the ports are open.</summary>
    public static async Task<GatewayChild> StartAsync(string folder)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        var token = Path.Combine(folder, "token");
        await File.WriteAllTextAsync(token, Token);
        var start = new ProcessStartInfo(Path.Combine(GoldenFile.RepositoryRoot, "artifacts", "bin", "Gateway", configuration, "gateway"))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["GATEWAY_DATA_ADDRESS"] = "127.0.0.1:0",
                ["GATEWAY_ADMIN_ADDRESS"] = "127.0.0.1:0",
                ["GATEWAY_METRICS_ADDRESS"] = "127.0.0.1:0",
                ["GATEWAY_STATE_DIRECTORY"] = Path.Combine(folder, "state"),
                ["GATEWAY_ADMIN_TOKEN_FILE"] = token,
                ["GATEWAY_ALLOW_LOOPBACK_UPSTREAMS"] = "true",
                ["GATEWAY_EXIT_WITH_STDIN"] = "true",
            },
        };
        var addresses = Path.Combine(folder, "state", "addresses.json");
        Directory.CreateDirectory(Path.Combine(folder, "state"));
        File.Delete(addresses);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var waited = Stopwatch.StartNew();
        while (!File.Exists(addresses))
        {
            process.HasExited.ShouldBeFalse();
            waited.Elapsed.ShouldBeLessThan(s_patience);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        var bound = JsonNode.Parse(await File.ReadAllTextAsync(addresses))!;
        return new(process) { Data = bound["data"]!.GetValue<string>(), Admin = bound["admin"]!.GetValue<string>() };
    }

    public async Task PushAsync(ConfigSnapshot config)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, Admin + "/config")
        {
            Content = new StringContent(JsonSerializer.Serialize(CanonicalJson.WithHash(config), ContractJson.Default.ConfigSnapshot)),
        };
        request.Headers.Authorization = new("Bearer", Token);
        using var reply = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        reply.EnsureSuccessStatusCode();
    }

    public async Task<ConfigStatus> StatusAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Admin + "/config/status");
        request.Headers.Authorization = new("Bearer", Token);
        using var reply = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        return (await reply.Content.ReadFromJsonAsync(ContractJson.Default.ConfigStatus, TestContext.Current.CancellationToken))!;
    }

    public async Task<HttpResponseMessage> ChatAsync(string key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Data + "/v1/chat/completions")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", key);
        return await _client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>As kill -9 does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(s_patience);
        }

        _process.Dispose();
        _client.Dispose();
    }
}
