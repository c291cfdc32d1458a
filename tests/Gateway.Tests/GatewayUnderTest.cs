using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Gateway.Server.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests;

/// <summary>A whole gateway on real sockets, in this process, with a config that the test gives.</summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    public const string Key = "sk-test-0123456789";
    private const string AdminToken = "admin-token";

    private readonly GatewayProcess _process;
    private readonly DirectoryInfo _directory;
    private readonly SocketsHttpHandler _handler = new() { UseProxy = false };
    private readonly HttpClient _client;
    private long _revision;

    private GatewayUnderTest(GatewayProcess process, DirectoryInfo directory)
    {
        _process = process;
        _directory = directory;
        _client = new(_handler);
    }

    /// <summary><c>http://127.0.0.1:port</c>.</summary>
    public string Url => _process.Addresses.Data;

    public HttpClient Client => _client;

    public static async Task<GatewayUnderTest> StartAsync(params RouteConfig[] routes) => await StartAsync(TestConfig.Of(routes));

    public static async Task<GatewayUnderTest> StartAsync(ConfigSnapshot config, bool allowLoopback = true)
    {
        var directory = Directory.CreateTempSubdirectory("gateway-");
        var token = Path.Combine(directory.FullName, "token");
        await File.WriteAllTextAsync(token, AdminToken);
        var options = new GatewayOptions
        {
            DataAddress = new(IPAddress.Loopback, 0),
            AdminAddress = new(IPAddress.Loopback, 0),
            MetricsAddress = new(IPAddress.Loopback, 0),
            StateDirectory = Path.Combine(directory.FullName, "state"),
            AdminTokenFile = token,
            AllowLoopbackUpstreams = allowLoopback,
            BodyMemoryBytes = 256 * 1024 * 1024,
        };
        var process = await GatewayProcess.CreateAsync(options, TimeProvider.System, new Random(1).NextDouble, NullLoggerFactory.Instance);
        await process.StartAsync(TestContext.Current.CancellationToken);
        var gateway = new GatewayUnderTest(process, directory);
        (await gateway.PushAsync(config)).StatusCode.ShouldBe(HttpStatusCode.OK);
        return gateway;
    }

    /// <summary>Stamps the next revision and pushes.</summary>
    public async Task<HttpResponseMessage> PushAsync(ConfigSnapshot config)
    {
        var stamped = CanonicalJson.WithHash(config with { Revision = ++_revision });
        return await AdminAsync(HttpMethod.Put, "/config", JsonSerializer.Serialize(stamped, ContractJson.Default.ConfigSnapshot));
    }

    public async Task<HttpResponseMessage> AdminAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, _process.Addresses.Admin + path);
        request.Headers.Authorization = new("Bearer", AdminToken);
        if (body is not null)
            request.Content = new StringContent(body);
        return await _client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<ConfigStatus> StatusAsync()
    {
        using var reply = await AdminAsync(HttpMethod.Get, "/config/status");
        return (await reply.Content.ReadFromJsonAsync(ContractJson.Default.ConfigStatus, TestContext.Current.CancellationToken))!;
    }

    /// <summary>What the first budget has settled.</summary>
    public async Task<decimal> SpentAsync() => (await StatusAsync()).Budgets.Single().Settled;

    /// <summary>Asks until the budget holds no reservations any more: then every call that was sent is settled.</summary>
    public async Task<BudgetCounter> SettledAsync()
    {
        while (true)
        {
            var counter = (await StatusAsync()).Budgets.Single();
            if (counter.Reserved == 0)
                return counter;
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The first row of the ledger, as it stands in the journal; waits until it is there.</summary>
    public async Task<JsonObject> LedgerRowAsync(string kind = "Settled") =>
        (await JournalAsync(1, kind)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => JsonNode.Parse(line)!["row"])
        .OfType<JsonObject>()
        .First();

    /// <summary>The journal's text, as soon as it holds so many rows of the kind.</summary>
    public async Task<string> JournalAsync(int rows, string kind = "Settled")
    {
        while (true)
        {
            var text = string.Concat(
                Directory.EnumerateFiles(Path.Combine(_directory.FullName, "state", "journal"), "*.jsonl").Select(ReadShared));
            if (text.Split($"\"kind\":\"{kind}\"").Length > rows && text.EndsWith('\n'))
                return text;
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public Task<string> MetricsAsync() =>
        _client.GetStringAsync(_process.Addresses.Metrics + "/metrics", TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> PostAsync(string path, string body, string? key = Key, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, body, key, headers);

    public Task<HttpResponseMessage> GetAsync(string path, string? key = Key, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, key, headers);

    /// <summary>Returns when the headers are there.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? body, string? key = Key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, Url + path);
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync(new(TimeSpan.Zero, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5)), CancellationToken.None);
        await _process.DisposeAsync();
        _client.Dispose();
        _handler.Dispose();
        _directory.Delete(recursive: true);
    }
}

/// <summary>Configs for tests.</summary>
internal static class TestConfig
{
    public static ObjectReference Reference(string kind, string name) =>
        new() { Kind = kind, Namespace = "default", Name = name, Generation = 1 };

    /// <summary>One key for every model, one budget of 100 USD over all, a price of 1 USD in and 2 USD out per million.</summary>
    public static ConfigSnapshot Of(params RouteConfig[] routes) => new()
    {
        SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
        Gateway = "uid-1",
        Revision = 0,
        Hash = "",
        Object = Reference("LlmGateway", "test"),
        Settings = new(),
        Routes = [.. routes],
        Keys = [KeyOf("key", GatewayUnderTest.Key)],
        Budgets = [new() { Object = Reference("Budget", "all"), Cost = 100, Period = BudgetPeriod.Total }],
        Credentials = [new() { Name = "default/upstream/key", Value = "upstream-secret" }],
        Prices = [
            new()
            {
                Name = "price",
                Version = "v1",
                Rates = new() { Input = 1, Output = 2, CacheRead = 0.1m, CacheWrite5m = 1.25m, CacheWrite1h = 2 },
            },
        ],
    };

    public static KeyConfig KeyOf(string name, string key) => new()
    {
        Object = Reference("VirtualKey", name),
        KeyId = "id-" + name,
        Hashes = [new() { Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) }],
        Models = ["*"],
    };

    public static RouteConfig Route(string model, params TargetConfig[] targets) => new()
    {
        Object = Reference("ModelRoute", "route-" + model.Replace('*', 'x').Replace('/', '-')),
        Model = model,
        Targets = [.. targets],
        Retry = new() { Attempts = targets.Length - 1 },
    };

    public static TargetConfig OpenAI(string baseUrl, string name = "main") => new()
    {
        Name = name,
        Provider = Provider.OpenAICompatible,
        BaseUrl = baseUrl,
        UpstreamModel = "upstream-model",
        Credential = "default/upstream/key",
        Price = "price",
    };

    public static TargetConfig Anthropic(string baseUrl, string name = "main") =>
        OpenAI(baseUrl, name) with { Provider = Provider.Anthropic };
}

internal static class ResponseReading
{
    public static Task<string> TextAsync(this HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    public static async Task<JsonObject> JsonAsync(this HttpResponseMessage response) =>
        JsonNode.Parse(await response.TextAsync())!.AsObject();

    public static string? Header(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;
}
