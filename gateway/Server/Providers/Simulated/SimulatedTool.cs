using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Server.Providers.Simulated;

/// <summary>Finds the first tool that a request offers and makes up arguments that its schema takes. Pure.</summary>
internal static class SimulatedTool
{
    /// <summary>Null where the body offers no tool or forbids calls. The body is known to be a JSON object.</summary>
    public static SimulatedToolCall? FirstOf(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new() { MaxDepth = 128 });
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (root.TryGetProperty("tool_choice", out var choice) && IsNone(choice))
            return null;
        if (!root.TryGetProperty("tools", out var tools) || tools.ValueKind != JsonValueKind.Array)
            return null;
        foreach (var tool in tools.EnumerateArray())
        {
            // Chat nests the function; Responses and Anthropic do not. Tools without a schema run on the provider's side.
            var function = Member(tool, "function", JsonValueKind.Object) ?? tool;
            var schema = Member(function, "parameters", JsonValueKind.Object) ?? Member(function, "input_schema", JsonValueKind.Object);
            if (Member(function, "name", JsonValueKind.String)?.GetString() is { } name && (schema is not null || IsFunction(tool)))
                return new(name, Arguments(schema).ToJsonString());
        }

        return null;
    }

    private static bool IsNone(JsonElement choice) =>
        (choice.ValueKind == JsonValueKind.String ? choice : Member(choice, "type", JsonValueKind.String))?.ValueEquals("none") ?? false;

    private static bool IsFunction(JsonElement tool) => Member(tool, "type", JsonValueKind.String)?.ValueEquals("function") ?? false;

    private static JsonObject Arguments(JsonElement? schema)
    {
        var arguments = new JsonObject();
        if (schema is not { } s || Member(s, "required", JsonValueKind.Array) is not { } required)
            return arguments;
        var properties = Member(s, "properties", JsonValueKind.Object);
        foreach (var name in required.EnumerateArray().Where(n => n.ValueKind == JsonValueKind.String).Select(n => n.GetString()!))
            arguments[name] = properties is { } p && Member(p, name, JsonValueKind.Object) is { } property
                ? Example(property)
                : "simulated";
        return arguments;
    }

    private static JsonNode? Example(JsonElement schema)
    {
        if (Member(schema, "enum", JsonValueKind.Array) is { } values && values.GetArrayLength() > 0)
            return JsonNode.Parse(values[0].GetRawText());
        return Member(schema, "type", JsonValueKind.String)?.GetString() switch
        {
            "integer" or "number" => 1,
            "boolean" => true,
            "array" => new JsonArray(),
            "object" => Arguments(schema),
            "null" => null,
            _ => "simulated",
        };
    }

    private static JsonElement? Member(JsonElement element, string name, JsonValueKind kind) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) && member.ValueKind == kind
            ? member
            : null;
}
