using System.Collections.Immutable;
using Gateway.Contract;

namespace Contract.Tests;

/// <summary>A snapshot that has one of everything and is good; tests spoil one thing in it.</summary>
internal static class Snapshots
{
    public static readonly string Sha256 = new('a', 64);

    public static ConfigSnapshot Good() => new()
    {
        SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
        Gateway = "uid-1",
        Revision = 1,
        Hash = "",
        Object = Reference("LlmGateway", "gateway"),
        Settings = new() { AllowedModels = ["*"] },
        Routes =
        [
            Route("route", "gpt") with { Aliases = ["gpt-*"] },
            new()
            {
                Object = Reference("ModelRoute", "simulated"),
                Model = "*",
                Targets = [new() { Name = "only", Provider = Provider.Simulated, Simulated = new() }],
            },
        ],
        Keys = [Key("key", Sha256)],
        Budgets = [Budget("budget")],
        Credentials = [new() { Name = "team/secret/key", Value = "sk-upstream" }],
        Prices = [Price("price")],
    };

    public static ObjectReference Reference(string kind, string name) => new() { Kind = kind, Namespace = "team", Name = name };

    public static RouteConfig Route(string name, string model) => new()
    {
        Object = Reference("ModelRoute", name),
        Model = model,
        Targets =
        [
            new()
            {
                Name = "main",
                Provider = Provider.OpenAICompatible,
                BaseUrl = "https://example.com/v1",
                Credential = "team/secret/key",
                Price = "price",
            },
        ],
        Retry = new(),
    };

    public static KeyConfig Key(string name, string sha256) => new()
    {
        Object = Reference("VirtualKey", name),
        KeyId = "id",
        Hashes = [new() { Sha256 = sha256 }],
        Models = ["*"],
        Limits = new() { RequestsPerMinute = 0, TokensPerMinute = 1, MaxParallelRequests = 1 },
    };

    public static BudgetConfig Budget(string name) => new()
    {
        Object = Reference("Budget", name),
        Models = ["gpt-*"],
        Cost = 1.5m,
        Period = BudgetPeriod.Daily,
        TimeZone = "Europe/Berlin",
    };

    public static PriceConfig Price(string name) => new()
    {
        Name = name,
        Version = "1",
        Rates = new() { Input = 1, Output = 2 },
        Tiers = [Tier(1000), Tier(2000)],
        ServiceTiers = new Dictionary<string, ServiceTierConfig>(StringComparer.Ordinal) { ["flex"] = new() { Multiplier = 0.5m } }
            .ToImmutableSortedDictionary(),
        MaxOutputTokens = 1,
    };

    public static PriceTierConfig Tier(int aboveInputTokens) =>
        new() { AboveInputTokens = aboveInputTokens, Rates = new() { Input = 2, Output = 4 } };
}
