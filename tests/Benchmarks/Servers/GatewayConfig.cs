using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Benchmarks.Load;
using Gateway.Contract;

namespace Benchmarks.Servers;

/// <summary>What gateways are told.</summary>
internal static class GatewayConfig
{
    /// <summary>Of each kind in <see cref="ManyKeys"/>.</summary>
    public const int Keys = 16;

    private static readonly LimitsConfig s_limits = new()
    {
        RequestsPerMinute = 1_000_000_000,
        TokensPerMinute = 1_000_000_000_000,
        MaxParallelRequests = 1_000_000,
    };

    /// <summary>One key with all limits under one budget.</summary>
    public static ConfigSnapshot OneKey(int upstream) => Of(upstream) with
    {
        Keys = [Key("bench", Payload.Key) with { Limits = s_limits }],
        Budgets = [Budget("bench")],
    };

    /// <summary>
    /// Keys of four teams: with all limits under two budgets, one for all of them and one for each, and others that nothing limits.
    /// </summary>
    public static ConfigSnapshot ManyKeys(int upstream)
    {
        KeyConfig[] counted =
            [.. Enumerable.Range(0, Keys).Select(i => Key(Name("counted", i), CountedKey(i)) with { Limits = s_limits, Attribution = Team(i) })];
        ImmutableArray<string> ids = [.. counted.Select(k => k.Object.Id())];
        return Of(upstream) with
        {
            Keys = [.. counted, .. Enumerable.Range(0, Keys).Select(i => Key(Name("free", i), FreeKey(i)) with { Attribution = Team(i) })],
            Budgets =
            [
                Budget("shared") with { Keys = ids },
                Budget("each") with { Keys = ids, Aggregation = BudgetAggregation.PerKey },
            ],
        };
    }

    /// <summary>A key with limits and budgets.</summary>
    public static string CountedKey(int i) => Name(Payload.Key + "-counted", i);

    /// <summary>A key with neither.</summary>
    public static string FreeKey(int i) => Name(Payload.Key + "-free", i);

    private static ConfigSnapshot Of(int upstream) => new()
    {
        SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
        Gateway = "uid",
        Revision = 1,
        Hash = "",
        Object = Reference("LlmGateway", "bench"),
        Settings = new(),
        Routes = [.. new[] { "plain", "paced", "short", "held" }.Select(answer => Route(answer, upstream))],
        Credentials = [new() { Name = "bench/upstream/key", Value = "sk-upstream" }],
        Prices = [new() { Name = "price", Version = "1", Rates = new() { Input = 0.15m, Output = 0.6m } }],
    };

    private static KeyConfig Key(string name, string key) => new()
    {
        Object = Reference("VirtualKey", name),
        KeyId = name,
        Hashes = [new() { Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) }],
        Models = ["*"],
    };

    private static BudgetConfig Budget(string name) =>
        new() { Object = Reference("Budget", name), Cost = 9_000_000, Period = BudgetPeriod.Monthly };

    private static ImmutableSortedDictionary<string, string> Team(int i) =>
        ImmutableSortedDictionary<string, string>.Empty.Add("team", Name("team", i % 4));

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

    private static string Name(string prefix, int i) => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{i}");
}
