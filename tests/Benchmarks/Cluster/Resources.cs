using System.Text.Json.Nodes;
using static System.FormattableString;

namespace Benchmarks.Cluster;

/// <summary>What a platform team applies, as JSON. Each key may use two models; a hundred teams share keys and budgets.</summary>
internal static class Resources
{
    public const string ApiVersion = "llmgateway.dev/v1alpha1";

    private const int Teams = 100;

    /// <summary>Three pods, which need a store that they share.</summary>
    public static JsonObject Gateway(string postgresSecret, string key) => new()
    {
        ["apiVersion"] = ApiVersion,
        ["kind"] = "LlmGateway",
        ["metadata"] = new JsonObject { ["name"] = "main" },
        ["spec"] = new JsonObject
        {
            ["replicas"] = BenchSpace.Pods,
            ["postgres"] = new JsonObject { ["secretRef"] = new JsonObject { ["name"] = postgresSecret, ["key"] = key } },
        },
    };

    /// <summary>The kind's plural and the object, of each object.</summary>
    public static IEnumerable<(string Kind, JsonObject Value)> All(LoadSize size) =>
    [
        .. Enumerable.Range(0, size.Routes).Select(i => ("modelroutes", Route(i))),
        .. Enumerable.Range(0, size.Budgets).Select(i => ("budgets", Budget(i))),
        .. Enumerable.Range(0, size.Keys).Select(i => ("virtualkeys", Key(i, size.Routes))),
    ];

    /// <summary>With 1 KiB in it.</summary>
    public static JsonObject UnrelatedSecret(int i) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = Name("unrelated", i) },
        ["stringData"] = new JsonObject { ["value"] = new string('x', 1024) },
    };

    /// <summary>Of a route, as a patch replaces them.</summary>
    public static JsonArray Targets(int weight) =>
    [
        new JsonObject { ["name"] = "a", ["provider"] = "Simulated", ["weight"] = weight, ["simulated"] = new JsonObject() },
        new JsonObject { ["name"] = "b", ["provider"] = "Simulated", ["priority"] = 1, ["simulated"] = new JsonObject() },
    ];

    public static string RouteName(int i) => Name("route", i);

    public static string KeyName(int i) => Name("key", i);

    public static string BudgetName(int i) => Name("budget", i);

    private static JsonObject Route(int i) => Of("ModelRoute", RouteName(i), new()
    {
        ["gatewayRefs"] = new JsonArray(new JsonObject { ["name"] = "main" }),
        ["model"] = Name("model", i),
        ["targets"] = Targets(weight: 1),
    });

    private static JsonObject Key(int i, int routes)
    {
        var key = Of("VirtualKey", KeyName(i), new()
        {
            ["gatewayRef"] = new JsonObject { ["name"] = "main" },
            ["models"] = new JsonArray(Name("model", i % routes), Name("model", (i + 7) % routes)),
            ["attribution"] = new JsonObject { ["team"] = Team(i), ["app"] = "checkout" },
        });
        key["metadata"]!["labels"] = new JsonObject { ["team"] = Team(i) };
        return key;
    }

    private static JsonObject Budget(int i) => Of("Budget", BudgetName(i), new()
    {
        ["gatewayRef"] = new JsonObject { ["name"] = "main" },
        ["scope"] = new JsonObject
        {
            ["virtualKeySelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["team"] = Team(i) } },
        },
        ["limit"] = new JsonObject { ["cost"] = new JsonObject { ["amount"] = "25.00", ["currency"] = "USD" } },
        ["period"] = "Monthly",
    });

    private static JsonObject Of(string kind, string name, JsonObject spec) => new()
    {
        ["apiVersion"] = ApiVersion,
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = spec,
    };

    private static string Team(int i) => Name("team", i % Teams);

    private static string Name(string prefix, int i) => Invariant($"{prefix}-{i}");
}
