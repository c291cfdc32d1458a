using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Contract;

namespace Benchmarks.Servers;

/// <summary>The gateway with all on that costs: keys, limits, a budget, the ledger, metrics.</summary>
internal sealed class GatewayServer : Server
{
    private const string Token = "admin-token";

    private readonly DirectoryInfo _folder;
    private readonly Uri _admin;

    private GatewayServer(Process process, DirectoryInfo folder, int port, Uri admin)
        : base(process) => (_folder, Port, _admin) = (folder, port, admin);

    public override string Name => "gateway";

    public override int Port { get; }

    public override string Path(string answer) => "/v1/chat/completions";

    /// <summary>Returns when it has its config and is ready. A folder that another one has left is booted from.</summary>
    public static GatewayServer Start(int upstream, DirectoryInfo? folder = null) => Start(GatewayConfig.OneKey(upstream), [], folder);

    /// <param name="config">Pushed where the folder is empty.</param>
    /// <param name="variables">Of its environment, beside those that every gateway here has.</param>
    /// <param name="folder">A new one if null.</param>
    public static GatewayServer Start(ConfigSnapshot config, IEnumerable<(string Name, string Value)> variables, DirectoryInfo? folder = null)
    {
        folder ??= Directory.CreateTempSubdirectory("bench-gateway-");
        var isFirst = folder.GetFileSystemInfos().Length == 0;
        var state = folder.CreateSubdirectory("state").FullName;
        var token = System.IO.Path.Combine(folder.FullName, "token");
        var addresses = System.IO.Path.Combine(state, "addresses.json");
        File.WriteAllText(token, Token);
        File.Delete(addresses);
        var start = new ProcessStartInfo(Executable())
        {
            Environment =
            {
                ["GATEWAY_DATA_ADDRESS"] = "127.0.0.1:0",
                ["GATEWAY_ADMIN_ADDRESS"] = "127.0.0.1:0",
                ["GATEWAY_METRICS_ADDRESS"] = "127.0.0.1:0",
                ["GATEWAY_STATE_DIRECTORY"] = state,
                ["GATEWAY_ADMIN_TOKEN_FILE"] = token,
                ["GATEWAY_ALLOW_LOOPBACK_UPSTREAMS"] = "true",
                ["GATEWAY_EXIT_WITH_STDIN"] = "true",
                ["GATEWAY_CONFIG_WAIT_SECONDS"] = "0",
            },
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        var process = Start(start);
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        Waiting.Until("the gateway listens", () => File.Exists(addresses) && new FileInfo(addresses).Length > 0);
        var bound = JsonNode.Parse(File.ReadAllText(addresses))!;
        var data = new Uri(bound["data"]!.GetValue<string>());
        var admin = new Uri(bound["admin"]!.GetValue<string>());
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        if (isFirst)
            Push(client, admin, config);
        Waiting.Until(
            "the gateway is ready",
            () => client.GetAsync(new Uri(data, "/health/readiness")).GetAwaiter().GetResult().IsSuccessStatusCode);
        return new(process, folder, data.Port, admin);
    }

    /// <summary>Ends the process and leaves the folder for the next.</summary>
    public DirectoryInfo Stop()
    {
        base.Dispose();
        return _folder;
    }

    public override void Dispose()
    {
        base.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>An answer of its admin port, which is to be 200.</summary>
    public string Ask(string path)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_admin, path)) { Headers = { Authorization = new("Bearer", Token) } };
        using var reply = client.Send(request);
        using var text = new StreamReader(reply.Content.ReadAsStream());
        return reply.IsSuccessStatusCode ? text.ReadToEnd() : throw new InvalidDataException($"{path}: {text.ReadToEnd()}");
    }

    /// <summary>The one that GATEWAY_PROGRAM names, else the one that was built with this.</summary>
    private static string Executable()
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_PROGRAM") is { Length: > 0 } program)
            return program;
        var configuration = System.IO.Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        return System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "../../Gateway", configuration, "gateway"));
    }

    private static void Push(HttpClient client, Uri admin, ConfigSnapshot config)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(admin, "/config"))
        {
            Content = new StringContent(JsonSerializer.Serialize(CanonicalJson.WithHash(config), ContractJson.Default.ConfigSnapshot)),
        };
        request.Headers.Authorization = new("Bearer", Token);
        using var reply = client.Send(request);
        reply.EnsureSuccessStatusCode();
    }
}
