using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Tests.Reconcile.Line;

/// <summary>What a user would apply, as small as it can be.</summary>
internal static class Manifest
{
    public static JsonObject Gateway(string name = "main") => Of(name, []);

    /// <summary>A model of its own name that needs no Secret.</summary>
    public static JsonObject Route(string name, string? model = null, params string[] gateways) => Of(name, new()
    {
        ["gatewayRefs"] = References(gateways),
        ["model"] = model ?? name,
        ["targets"] = new JsonArray(new JsonObject
        {
            ["name"] = "t",
            ["provider"] = "Simulated",
            ["pricing"] = new JsonObject { ["input"] = "1", ["output"] = "2" },
        }),
    });

    /// <summary>A model of OpenAI, whose credentials are in a Secret.</summary>
    public static JsonObject RouteWithSecret(string name, string secret, string model = "gpt-5.4-mini") => Of(name, new()
    {
        ["gatewayRefs"] = References([]),
        ["model"] = model,
        ["targets"] = new JsonArray(new JsonObject
        {
            ["name"] = "t",
            ["provider"] = "OpenAI",
            ["credentials"] = new JsonObject { ["secretRef"] = new JsonObject { ["name"] = secret, ["key"] = "api-key" } },
        }),
    });

    public static JsonObject Key(string name, string gateway = "main", JsonObject? more = null)
    {
        var spec = new JsonObject { ["gatewayRef"] = new JsonObject { ["name"] = gateway }, ["models"] = new JsonArray("*") };
        foreach (var (member, value) in more ?? [])
            spec[member] = value?.DeepClone();
        return Of(name, spec);
    }

    /// <summary>A cost budget over the whole gateway.</summary>
    public static JsonObject Budget(string name, string amount = "10") => Of(name, new()
    {
        ["gatewayRef"] = new JsonObject { ["name"] = "main" },
        ["scope"] = new JsonObject { ["gateway"] = new JsonObject() },
        ["limit"] = new JsonObject { ["cost"] = new JsonObject { ["amount"] = amount } },
        ["period"] = "Monthly",
    });

    public static JsonObject Secret(string name, string key, string value, string type = "Opaque")
    {
        var secret = Of(name, []);
        secret.Remove("spec");
        secret["type"] = type;
        secret["data"] = new JsonObject { [key] = Base64(value) };
        return secret;
    }

    public static JsonObject Spec(JsonObject spec) => new() { ["spec"] = spec };

    public static JsonObject Annotation(string name, string? value) =>
        new() { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [name] = value } } };

    public static JsonObject Rotate(string value) => Annotation(ResourceGroup.RotateAnnotation, value);

    public static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    private static JsonArray References(string[] gateways) =>
        [.. (gateways.Length == 0 ? ["main"] : gateways).Select(g => new JsonObject { ["name"] = g })];

    private static JsonObject Of(string name, JsonObject spec) =>
        new() { ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = spec };
}
