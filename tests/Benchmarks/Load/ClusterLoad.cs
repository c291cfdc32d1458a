using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Contract;
using Operator.Api;
using Operator.Prices;
using Operator.Translate;

namespace Benchmarks.Load;

/// <summary>
/// The resources of one large gateway, as a cluster would hold them: 1,000 routes with two targets each, 5,000 keys in fifty namespaces and
/// 500 budgets that select by label, by namespace, by name, or everything.
/// </summary>
internal static class ClusterLoad
{
    private const string Home = "gateways";
    private const int Routes = 1000;
    private const int Keys = 5000;
    private const int Budgets = 500;
    private const int Tenants = 50;
    private const int KeysOfTenant = Keys / Tenants;
    private const int Teams = 250;

    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static TranslateInputs Inputs()
    {
        ImmutableArray<VirtualKey> keys = [.. Enumerable.Range(0, Keys).Select(Key)];
        return new()
        {
            Gateway = new()
            {
                Metadata = Meta(Home, "main"),
                Spec = new() { AllowedKeys = new() { Namespaces = new() { From = NamespacesFrom.All } } },
            },
            Now = s_now,
            Routes = [.. Enumerable.Range(0, Routes).Select(Route)],
            Keys = keys,
            Budgets = [.. Enumerable.Range(0, Budgets).Select(Budget)],
            Secrets = [.. Enumerable.Range(0, 20).Select(Secret)],
            Namespaces = [.. Enumerable.Range(0, Tenants).Select(Namespace)],
            KeyMaterial = keys.ToImmutableDictionary(k => k.Id(), Material),
            Prices = BuiltInPrices.Load(),
        };
    }

    private static ModelRoute Route(int i) => new()
    {
        Metadata = Meta(Home, Name("route", i)),
        Spec = new()
        {
            GatewayRefs = [new() { Name = "main" }],
            Model = Name("model", i),
            Aliases = i % 4 == 0 ? [Name("chat/model", i)] : [],
            Targets =
            [
                new()
                {
                    Name = "openai",
                    Provider = Provider.OpenAI,
                    UpstreamModel = i % 2 == 0 ? "gpt-6.1-sol" : "gpt-6.2-sol",
                    Credentials = new() { SecretRef = new() { Name = Name("provider", i % 20), Key = "api-key" } },
                },
                new()
                {
                    Name = "own",
                    Provider = Provider.OpenAICompatible,
                    UpstreamModel = "llama-4",
                    BaseUrl = $"https://inference-{i % 30}.example.com/v1",
                    Credentials = new() { SecretRef = new() { Name = Name("provider", i % 7), Key = "api-key" } },
                    Priority = 1,
                    Pricing = new() { Input = "0.20", Output = "0.80" },
                },
            ],
            Fallbacks = [Name("model", (i + 1) % Routes)],
        },
    };

    private static VirtualKey Key(int i) => new()
    {
        Metadata = Meta(Tenant(i / KeysOfTenant), Name("key", i)) with
        {
            Labels = Map(("team", Name("team", i % Teams)), ("app", Name("app", i % 900)), ("stage", i % 3 == 0 ? "prod" : "test")),
        },
        Spec = new()
        {
            GatewayRef = new() { Name = "main", Namespace = Home },
            Models = [Name("model", i % Routes), Name("model", (i + 7) % Routes), Name("chat/model", i % 100) + "*"],
            Limits = new() { RequestsPerMinute = 600, TokensPerMinute = 200_000, MaxParallelRequests = 20 },
            Attribution = Map(("team", Name("team", i % Teams)), ("app", Name("app", i % 900)), ("costCenter", Name("cc", i % 40))),
        },
    };

    /// <summary>In ten: four by team, three of a tenant, two by name and one by namespace; each fiftieth holds every key.</summary>
    private static Budget Budget(int i) => new()
    {
        Metadata = Meta(i % 10 is 4 or 5 or 6 ? Tenant(i % Tenants) : Home, Name("budget", i)),
        Spec = new()
        {
            GatewayRef = new() { Name = "main", Namespace = Home },
            Scope = Scope(i),
            Limit = i % 5 == 4 ? new() { Tokens = 10_000_000 } : new() { Cost = new() { Amount = "250.00" } },
            Period = i % 2 == 0 ? BudgetPeriod.Monthly : BudgetPeriod.Daily,
            TimeZone = "Europe/Berlin",
            Aggregation = i % 3 == 0 ? BudgetAggregation.PerKey : BudgetAggregation.Shared,
        },
    };

    private static BudgetScope Scope(int i)
    {
        if (i % 50 == 0)
            return new() { Gateway = new() };
        return (i % 10) switch
        {
            < 4 => new() { VirtualKeySelector = new() { MatchLabels = Map(("team", Name("team", i % Teams))) } },
            < 7 => new()
            {
                VirtualKeySelector = new()
                {
                    MatchExpressions = [new() { Key = "stage", Operator = LabelSelectorOperator.In, Values = ["prod", "canary"] }],
                },
            },
            < 9 => new()
            {
                VirtualKeyRefs =
                [
                    .. Enumerable.Range(i * 7 % (Keys - 16), 16)
                        .Select(k => new VirtualKeyReference { Name = Name("key", k), Namespace = Tenant(k / KeysOfTenant) }),
                ],
            },
            _ => new() { NamespaceSelector = new() { MatchLabels = Map(("department", Name("department", i / 10 % 10))) } },
        };
    }

    private static Secret Secret(int i) => new()
    {
        Metadata = Meta(Home, Name("provider", i)),
        Data = ImmutableSortedDictionary<string, byte[]>.Empty.Add("api-key", Encoding.UTF8.GetBytes("sk-" + Hash(Name("provider", i)))),
    };

    private static Namespace Namespace(int i) => new()
    {
        Metadata = new() { Name = Tenant(i), Labels = Map(("department", Name("department", i % 10))) },
    };

    private static KeyMaterial Material(VirtualKey key) => new()
    {
        KeyId = Hash(key.Metadata.Name)[..12],
        Hashes = [new() { Sha256 = Hash(key.Id()) }],
        CreatedTime = s_now,
    };

    /// <summary>With what <c>kubectl apply</c> leaves.</summary>
    private static ObjectMeta Meta(string @namespace, string name) => new()
    {
        Name = name,
        Namespace = @namespace,
        Uid = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{@namespace}/{name}")).AsSpan(0, 16)).ToString(),
        ResourceVersion = "1000",
        Generation = 1,
        CreationTimestamp = s_now,
        Annotations = Map(("kubectl.kubernetes.io/last-applied-configuration", string.Concat(Enumerable.Repeat(Hash(name), 12)))),
    };

    private static string Tenant(int i) => Name("tenant", i);

    private static string Name(string prefix, int i) => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{i}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static ImmutableSortedDictionary<string, string> Map(params ReadOnlySpan<(string Key, string Value)> entries)
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, string>();
        foreach (var (key, value) in entries)
            map[key] = value;
        return map.ToImmutable();
    }
}
