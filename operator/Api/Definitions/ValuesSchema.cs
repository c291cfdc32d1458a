using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Operator.Api.Definitions;

/// <summary>
/// The part of the chart's <c>values.schema.json</c> that describes a first gateway: its specs as the definitions have them, strict and in
/// the words of JSON Schema, so that helm refuses what the API server would. Of the rules in CEL it has those that
/// <see cref="RuleSchema"/> can say.
/// </summary>
internal static class ValuesSchema
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema with its definition of each kind made anew; all else stands as it was. Pure.</summary>
    /// <param name="schema">JSON text of the schema.</param>
    /// <param name="definitions">The CustomResourceDefinitions, of which <c>LlmGateway</c> becomes <c>llmGatewaySpec</c>.</param>
    public static string Render(string schema, IEnumerable<JsonObject> definitions)
    {
        var root = JsonNode.Parse(schema)!;
        foreach (var definition in definitions)
        {
            var kind = (string)definition["spec"]!["names"]!["kind"]!;
            root["definitions"]![$"{char.ToLowerInvariant(kind[0])}{kind[1..]}Spec"] = Spec(definition);
        }

        return root.ToJsonString(s_json) + "\n";
    }

    /// <summary>Without its reference to the gateway, which the chart adds.</summary>
    private static JsonObject Spec(JsonObject definition)
    {
        var spec = Strict(definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!);
        foreach (var reference in new[] { "gatewayRef", "gatewayRefs" })
        {
            spec["properties"]!.AsObject().Remove(reference);
            (spec["required"] as JsonArray)?.RemoveAll(field => (string?)field == reference);
        }

        // By null a value takes out what the chart has by default.
        spec["type"] = new JsonArray("object", "null");
        return spec;
    }

    private static JsonObject Strict(JsonNode schema)
    {
        var strict = new JsonObject();
        foreach (var (keyword, value) in schema.AsObject())
        {
            if (Kept(keyword, value!) is { } kept)
                strict[keyword] = kept;
        }

        if (Rules(schema) is { Count: > 0 } rules)
            strict["allOf"] = rules;
        var isOpen = strict.ContainsKey("additionalProperties") || schema["x-kubernetes-preserve-unknown-fields"] is not null;
        if ((string?)strict["type"] == "object" && !isOpen)
            strict["additionalProperties"] = false;
        return strict;
    }

    /// <remarks>A validator tells of a list of values that it is not met, and names them: that is how the rule's own words are seen.</remarks>
    private static JsonArray Rules(JsonNode schema)
    {
        var rules = new JsonArray();
        foreach (var rule in (schema["x-kubernetes-validations"] as JsonArray ?? []).Select(r => r!))
        {
            if (RuleSchema.Of((string)rule["rule"]!) is { } holds)
                rules.Add(new JsonObject { ["if"] = holds, ["else"] = new JsonObject { ["enum"] = new JsonArray((string)rule["message"]!) } });
        }

        return rules;
    }

    /// <summary>Null for what says nothing to a validator, or means something else there.</summary>
    private static JsonNode? Kept(string keyword, JsonNode value) => keyword switch
    {
        "properties" => new JsonObject(value.AsObject().Select(p => KeyValuePair.Create(p.Key, (JsonNode?)Strict(p.Value!)))),
        "items" or "additionalProperties" => Strict(value),
        "description" or "default" or "format" => null,
        _ => keyword.StartsWith("x-kubernetes-", StringComparison.Ordinal) ? null : value.DeepClone(),
    };
}
