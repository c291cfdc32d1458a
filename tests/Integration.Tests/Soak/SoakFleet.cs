using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Contract;
using Integration.Tests.Gateway;

namespace Integration.Tests.Soak;

/// <summary>Replicas of one gateway, that count in one tier.</summary>
internal sealed class SoakFleet(SpendTier tier, DirectoryInfo folder, string postgresUrl) : IAsyncDisposable
{
    public const int Size = 3;
    public const string WideKey = "sk-soak-wide";
    public const string TightKey = "sk-soak-tight";
    public const string FreeKey = "sk-soak-free";
    public const string Wide = "soak/wide";
    public const string Tight = "soak/tight";

    private readonly GatewayChild[] _gateways = new GatewayChild[Size];
    private long _revision;
    private ConfigSnapshot? _config;

    public SpendTier Tier => tier;

    /// <summary>Of the LlmGateway.</summary>
    public string Name { get; } = $"soak/{tier}";

    public IReadOnlyList<GatewayChild> Gateways => _gateways;

    /// <summary>How often each was started.</summary>
    public int[] Lives { get; } = new int[Size];

    /// <summary>What <see cref="Tight"/> allows.</summary>
    public decimal Limit { get; private set; }

    public async Task StartAsync(string redisUrl)
    {
        await MoveRedisAsync(redisUrl);
        await File.WriteAllTextAsync(PostgresFile, postgresUrl);
        _config = Config();
        for (var i = 0; i < Size; i++)
            await StartAsync(i);
    }

    /// <summary>Raises the tight budget, so that it goes on to admit some calls.</summary>
    public async Task RaiseAsync(decimal amount)
    {
        Limit += amount;
        _config = Config();
        foreach (var gateway in _gateways)
            await gateway.PushAsync(_config);
    }

    /// <summary>As kill -9 does; another one takes its place.</summary>
    public async Task KillAsync(int i)
    {
        var killed = _gateways[i];
        await killed.KillAsync();
        await StartAsync(i);
        await killed.DisposeAsync();
    }

    /// <summary>Tells all of them of another address.</summary>
    public Task MoveRedisAsync(string url) => File.WriteAllTextAsync(RedisFile, url);

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways.Where(g => g is not null))
            await gateway.DisposeAsync();
    }

    private string PostgresFile => Path.Combine(folder.FullName, "postgres");

    private string RedisFile => Path.Combine(folder.FullName, "redis");

    private async Task StartAsync(int i)
    {
        (string, string)[] variables = [("GATEWAY_NAME", Name), ("GATEWAY_POSTGRES_URL_FILE", PostgresFile)];
        if (tier == SpendTier.Redis)
            variables = [.. variables, ("GATEWAY_REDIS_URL_FILE", RedisFile)];
        var gateway = await GatewayChild.StartAsync(
            folder.CreateSubdirectory(string.Create(CultureInfo.InvariantCulture, $"{tier}-{i}")).FullName, variables);
        await gateway.PushAsync(_config!);
        Lives[i]++;
        _gateways[i] = gateway;
    }

    private ConfigSnapshot Config() =>
        GatewayConfigs.Of(
            GatewayConfigs.Simulated("m", new() { LatencyMilliseconds = 20, PromptTokens = 400, CompletionTokens = 1000 }),
            GatewayConfigs.Simulated(
                "slow", new() { ChunkMilliseconds = SoakLoad.ChunkMilliseconds, PromptTokens = 400, CompletionTokens = 100_000 })) with
        {
            Revision = ++_revision,
            Keys =
            [
                Key("wide", WideKey) with { Limits = new() { RequestsPerMinute = 1_000_000, MaxParallelRequests = 10_000 } },
                Key("tight", TightKey),
                Key("free", FreeKey),
            ],
            Budgets = [Budget("wide", 1_000_000), Budget("tight", Limit)],
        };

    private static KeyConfig Key(string name, string key) => new()
    {
        Object = new() { Kind = "VirtualKey", Namespace = "soak", Name = name },
        KeyId = name,
        Hashes = [new() { Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) }],
        Models = ["*"],
    };

    private static BudgetConfig Budget(string name, decimal limit) => new()
    {
        Object = new() { Kind = "Budget", Namespace = "soak", Name = name },
        Keys = [$"soak/{name}"],
        Cost = limit,
        Period = BudgetPeriod.Total,
    };
}
