using System.Security.Cryptography;
using System.Text;
using Gateway.Contract;

namespace Integration.Tests.Gateway;

/// <summary>Configs with one key for all models, one budget of 100 USD, and a price of 1 USD in and 2 USD out per million.</summary>
internal static class GatewayConfigs
{
    public const string Key = "sk-integration";

    public static ConfigSnapshot Of(params RouteConfig[] routes) => new()
    {
        SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
        Gateway = "uid",
        Revision = 1,
        Hash = "",
        Object = Reference("LlmGateway", "test"),
        Settings = new(),
        Routes = [.. routes],
        Keys = [KeyOf(Key)],
        Budgets = [new() { Object = Reference("Budget", "b"), Cost = 100, Period = BudgetPeriod.Total }],
        Prices = [new() { Name = "p", Version = "1", Rates = new() { Input = 1, Output = 2 } }],
    };

    public static KeyConfig KeyOf(string key) => new()
    {
        Object = Reference("VirtualKey", "k"),
        KeyId = "k",
        Hashes = [new() { Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) }],
        Models = ["*"],
    };

    /// <summary>Model <c>m</c> at an OpenAI-compatible server.</summary>
    public static RouteConfig Upstream(string baseUrl) =>
        Route("m", new() { Name = "t", Provider = Provider.OpenAICompatible, BaseUrl = baseUrl, Price = "p" });

    public static RouteConfig Simulated(string model, SimulatedConfig how) =>
        Route(model, new() { Name = "t", Provider = Provider.Simulated, Simulated = how, Price = "p" });

    private static RouteConfig Route(string model, TargetConfig target) =>
        new() { Object = Reference("ModelRoute", model), Model = model, Targets = [target], Retry = new() { Attempts = 0 } };

    private static ObjectReference Reference(string kind, string name) => new() { Kind = kind, Namespace = "default", Name = name };
}
