using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Operator.Api.Definitions;

/// <summary>The reference of the kinds for people, as Markdown, made from their definitions.</summary>
internal static class ReferenceWriter
{
    private const string Head = """
        # The resources

        Generated from the types in `operator/Api` by `make crds`; changes made here are lost. Group `llmgateway.dev`, version `v1alpha1`, all
        namespaced. **Bold** fields must be there where their parent is; in a path `[]` is an item of a list and `.*` a value of a map. What stands
        in italics is a rule that the API server holds every object to.

        """;

    /// <summary>One chapter for each definition. Pure.</summary>
    public static string Render(ImmutableArray<JsonObject> definitions)
    {
        var text = new StringBuilder(Head.ReplaceLineEndings("\n"));
        foreach (var definition in definitions)
            Write(text, definition["spec"]!);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonNode definition)
    {
        var names = definition["names"]!;
        var version = definition["versions"]![0]!;
        var schema = version["schema"]!["openAPIV3Schema"]!;
        var columns = version["additionalPrinterColumns"]!.AsArray().Select(c => (string)c!["name"]!);
        text.Append(CultureInfo.InvariantCulture, $"\n## {names["kind"]}\n\n{schema["description"]}\n\n")
            .Append(CultureInfo.InvariantCulture, $"Short name `{names["shortNames"]![0]}`; columns {string.Join(' ', columns)}.\n\n")
            .Append("| field | type | default | meaning |\n|---|---|---|---|\n");
        foreach (var part in new[] { "spec", "status" })
            WriteField(text, part, schema["properties"]![part]!, isRequired: part == "spec");
    }

    private static void WriteField(StringBuilder text, string path, JsonNode schema, bool isRequired)
    {
        var name = isRequired ? $"**`{path}`**" : $"`{path}`";
        text.Append(CultureInfo.InvariantCulture, $"| {name} | {Type(schema)} | {Default(schema)} | {Meaning(schema)} |\n");
        WriteMembers(text, path, schema);
    }

    private static void WriteMembers(StringBuilder text, string path, JsonNode schema)
    {
        if (schema["items"] is { } item)
            WriteMembers(text, path + "[]", item);
        if (schema["additionalProperties"] is { } value)
            WriteMembers(text, path + ".*", value);
        var required = (schema["required"]?.AsArray() ?? []).Select(r => (string)r!).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, member) in schema["properties"]?.AsObject() ?? [])
            WriteField(text, $"{path}.{name}", member!, required.Contains(name));
    }

    private static string Type(JsonNode schema) => (string?)schema["type"] switch
    {
        null => "integer or string",
        "array" => $"list of {Type(schema["items"]!)}{Bounds("; ", schema["minItems"], schema["maxItems"], " items")}",
        "object" when schema["additionalProperties"] is { } value => $"map of {Type(value)}{Bounds("; ", null, schema["maxProperties"], " entries")}",
        "string" when schema["enum"] is { } values => string.Join(" \\| ", values.AsArray().Select(v => $"`{v}`")),
        "string" when (string?)schema["format"] == "date-time" => "time",
        "string" => $"string{Bounds(", ", null, schema["maxLength"], " characters")}",
        "integer" => $"integer{Bounds(", ", schema["minimum"], schema["maximum"], "")}",
        { } other => other,
    };

    private static string Bounds(string before, JsonNode? min, JsonNode? max, string of) => (min, max) switch
    {
        (_, null) => "",
        (null, _) => $"{before}at most {Number(max)}{of}",
        _ => $"{before}{Number(min)} to {Number(max)}{of}",
    };

    private static string? Number(JsonNode? bound) => bound is null
        ? null
        : long.Parse(bound.ToJsonString(), CultureInfo.InvariantCulture).ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Of an object it would repeat what its members say.</summary>
    private static string Default(JsonNode schema) => schema["default"] is { } value and not JsonObject ? $"`{value.ToJsonString()}`" : "";

    private static string Meaning(JsonNode schema)
    {
        string?[] said = [(string?)schema["description"] ?? (string?)schema["items"]?["description"], .. Rules(schema), .. Rules(schema["items"])];
        return string.Join(' ', said.Where(s => s is not null)).Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static IEnumerable<string> Rules(JsonNode? schema) =>
        (schema?["x-kubernetes-validations"]?.AsArray() ?? []).Select(rule => $"*{rule!["message"]}.*");
}
