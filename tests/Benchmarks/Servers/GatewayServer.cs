using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Benchmarks.Load;
using Gateway.Contract;

namespace Benchmarks.Servers;

/// <summary>The gateway with all on that costs: keys, limits, a budget, the ledger, metrics.</summary>
internal sealed class GatewayServer : Server
{
    private const string Token = "admin-token";

    private readonly DirectoryInfo _folder;

    private GatewayServer(Process process, DirectoryInfo folder, int port)
        : base(process) => (_folder, Port) = (folder, port);

    public override string Name => "gateway";

    public override int Port { get; }

    public override string Path(string answer) => "/v1/chat/completions";

    /// <summary>Returns when it has its config and is ready. A folder that another one has left is booted from.</summary>
    public static GatewayServer Start(int upstream, DirectoryInfo? folder = null)
    {
        folder ??= Directory.CreateTempSubdirectory("bench-gateway-");
        var isFirst = folder.GetFileSystemInfos().Length == 0;
        var state = folder.CreateSubdirectory("state").FullName;
        var token = System.IO.Path.Combine(folder.FullName, "token");
        var addresses = System.IO.Path.Combine(state, "addresses.json");
        File.WriteAllText(token, Token);
        File.Delete(addresses);
        var process = Start(new ProcessStartInfo(Executable())
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
        });
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        Waiting.Until("the gateway listens", () => File.Exists(addresses) && new FileInfo(addresses).Length > 0);
        var bound = JsonNode.Parse(File.ReadAllText(addresses))!;
        var data = new Uri(bound["data"]!.GetValue<string>());
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        if (isFirst)
            Push(client, bound["admin"]!.GetValue<string>(), Config(upstream));
        Waiting.Until(
            "the gateway is ready",
            () => client.GetAsync(new Uri(data, "/health/readiness")).GetAwaiter().GetResult().IsSuccessStatusCode);
        return new(process, folder, data.Port);
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

    /// <summary>GATEWAY_PROGRAM, as of an image; else the one that is built as this is.</summary>
    private static string Executable()
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_PROGRAM") is { Length: > 0 } given)
            return given;
        var configuration = System.IO.Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        return System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "../../Gateway", configuration, "gateway"));
    }

    private static void Push(HttpClient client, string admin, ConfigSnapshot config)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, admin + "/config")
        {
            Content = new StringContent(JsonSerializer.Serialize(CanonicalJson.WithHash(config), ContractJson.Default.ConfigSnapshot)),
        };
        request.Headers.Authorization = new("Bearer", Token);
        using var reply = client.Send(request);
        reply.EnsureSuccessStatusCode();
    }

    private static ConfigSnapshot Config(int upstream) => new()
    {
        SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
        Gateway = "uid",
        Revision = 1,
        Hash = "",
        Object = Reference("LlmGateway", "bench"),
        Settings = new(),
        Routes = [.. new[] { "plain", "paced", "short", "held" }.Select(answer => Route(answer, upstream))],
        Keys =
        [
            new()
            {
                Object = Reference("VirtualKey", "bench"),
                KeyId = "bench",
                Hashes = [new() { Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Payload.Key))) }],
                Models = ["*"],
                Limits = new() { RequestsPerMinute = 1_000_000_000, TokensPerMinute = 1_000_000_000_000, MaxParallelRequests = 1_000_000 },
            },
        ],
        Budgets = [new() { Object = Reference("Budget", "bench"), Cost = 9_000_000, Period = BudgetPeriod.Monthly }],
        Credentials = [new() { Name = "bench/upstream/key", Value = "sk-upstream" }],
        Prices = [new() { Name = "price", Version = "1", Rates = new() { Input = 0.15m, Output = 0.6m } }],
    };

    private static RouteConfig Route(string answer, int upstream) => new()
    {
        Object = Reference("ModelRoute", answer),
        Model = answer,
        Targets =
        [
            new()
            {
                Name = "mock",
                Provider = Provider.OpenAICompatible,
                BaseUrl = $"http://127.0.0.1:{upstream}/{answer}/v1",
                UpstreamModel = "upstream-" + answer,
                Credential = "bench/upstream/key",
                Price = "price",
            },
        ],
    };

    private static ObjectReference Reference(string kind, string name) => new() { Kind = kind, Namespace = "default", Name = name };
}
