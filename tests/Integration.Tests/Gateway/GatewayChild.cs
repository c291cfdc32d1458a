using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
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
    private readonly ConcurrentQueue<string> _log;
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });

    private GatewayChild(Process process, ConcurrentQueue<string> log)
    {
        _process = process;
        _log = log;
    }

    public required string Data { get; init; }

    public required string Admin { get; init; }

    public required string Metrics { get; init; }

    public HttpClient Client => _client;

    /// <summary>In RAM now.</summary>
    public double ResidentMiB
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    /// <summary>What it has written to standard output; all of it once it has ended.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>Starts on free ports with its state in the folder; returns when the ports are open.</summary>
    public static async Task<GatewayChild> StartAsync(string folder, params (string Name, string Value)[] variables)
    {
        var addresses = Path.Combine(folder, "state", "addresses.json");
        Directory.CreateDirectory(Path.Combine(folder, "state"));
        File.Delete(addresses);
        var log = new ConcurrentQueue<string>();
        var process = Process.Start(await CommandAsync(folder, variables))!;
        process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is not null)
                log.Enqueue(e.Data);
        };
        process.BeginOutputReadLine();
        var waited = Stopwatch.StartNew();
        while (!File.Exists(addresses))
        {
            process.HasExited.ShouldBeFalse();
            waited.Elapsed.ShouldBeLessThan(s_patience);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        var bound = JsonNode.Parse(await File.ReadAllTextAsync(addresses))!;
        return new(process, log)
        {
            Data = bound["data"]!.GetValue<string>(),
            Admin = bound["admin"]!.GetValue<string>(),
            Metrics = bound["metrics"]!.GetValue<string>(),
        };
    }

    /// <summary>For a gateway that is not expected to start: waits for its end.</summary>
    public static async Task<(int ExitCode, string Error)> FailAsync(string folder, params (string Name, string Value)[] variables)
    {
        var command = await CommandAsync(folder, variables);
        command.RedirectStandardError = true;
        using var process = Process.Start(command)!;
        process.BeginOutputReadLine();
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience);
        return (process.ExitCode, error);
    }

    private static async Task<ProcessStartInfo> CommandAsync(string folder, (string Name, string Value)[] variables)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        var token = Path.Combine(folder, "token");
        await File.WriteAllTextAsync(token, Token);
        var start = Signals.Interruptible(Path.Combine(GoldenFile.RepositoryRoot, "artifacts", "bin", "Gateway", configuration, "gateway"));
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        (string Name, string Value)[] settings =
        [
            ("GATEWAY_DATA_ADDRESS", "127.0.0.1:0"),
            ("GATEWAY_ADMIN_ADDRESS", "127.0.0.1:0"),
            ("GATEWAY_METRICS_ADDRESS", "127.0.0.1:0"),
            ("GATEWAY_STATE_DIRECTORY", Path.Combine(folder, "state")),
            ("GATEWAY_ADMIN_TOKEN_FILE", token),
            ("GATEWAY_ALLOW_LOOPBACK_UPSTREAMS", "true"),
            ("GATEWAY_EXIT_WITH_STDIN", "true"),
        ];
        foreach (var (name, value) in settings.Concat(variables))
            start.Environment[name] = value;
        return start;
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

    /// <summary>As <c>kill -name</c> does.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        kill.ExitCode.ShouldBe(0);
    }

    /// <summary>Lets go of its standard input, as a parent does that ends.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Waits for its end and for the last line of its log.</summary>
    public async Task<int> ExitAsync(TimeSpan atMost)
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(atMost);
        return _process.ExitCode;
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
