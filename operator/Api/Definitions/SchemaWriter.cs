using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Nodes;
using Operator.Api.Schema;

namespace Operator.Api.Definitions;

/// <summary>
/// Writes the schema of a kind as an API server wants it.
/// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
/// </summary>
internal sealed class SchemaWriter(DocComments docs)
{
    private const int DateTimeLength = 35;

    /// <summary>The schema of a kind: `metadata` is the API server's own business.</summary>
    public JsonObject Kind(SchemaNode kind)
    {
        var schema = Described(docs.OfKind(kind.ClrType), "object");
        schema["required"] = new JsonArray("spec");
        schema["properties"] = new JsonObject
        {
            ["apiVersion"] = Described("Group and version of the kind.", "string"),
            ["kind"] = Described("The kind.", "string"),
            ["metadata"] = Metadata(),
            ["spec"] = Member(kind, "spec", isStatus: false),
            ["status"] = Member(kind, "status", isStatus: true),
        };
        AddRules(schema, kind.Rules);
        return schema;
    }

    /// <summary>Both lengths are the server's own. They are said because the cost of a rule on the name is estimated by them.</summary>
    private static JsonObject Metadata() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["name"] = new JsonObject { ["type"] = "string", ["maxLength"] = 253 },
            ["generateName"] = new JsonObject { ["type"] = "string", ["maxLength"] = 253 },
        },
    };

    private static JsonObject Described(string? description, string type) =>
        description is null ? new() { ["type"] = type } : new() { ["description"] = description, ["type"] = type };

    private JsonObject Member(SchemaNode parent, string name, bool isStatus) =>
        Member(parent, parent.Members.First(m => m.Name == name), isStatus);

    private JsonObject Member(SchemaNode parent, SchemaMember member, bool isStatus)
    {
        var schema = new JsonObject();
        if (Description(parent, member) is { } description)
            schema["description"] = description;
        if (!isStatus && Default(member) is { } value)
            schema["default"] = value;
        foreach (var (name, part) in Value(member.Node, isStatus).ToList())
            schema[name] = part?.DeepClone();
        AddRules(schema, member.Rules);
        return schema;
    }

    private JsonObject Value(SchemaNode node, bool isStatus) => node.Type switch
    {
        SchemaType.Object => Members(node, isStatus),
        SchemaType.Map => Map(node, isStatus),
        SchemaType.Array => Array(node, isStatus),
        SchemaType.Enum => new() { ["type"] = "string", ["enum"] = new JsonArray([.. node.Values.Select(v => (JsonNode)v)]) },
        SchemaType.Boolean => new() { ["type"] = "boolean" },
        SchemaType.Integer => WithBounds(
            new() { ["type"] = "integer", ["format"] = node.ClrType == typeof(int) ? "int32" : "int64" }, node.Bounds),
        SchemaType.IntOrString => WithText(WithBounds(IntOrString(), node.Bounds), node.Text),
        SchemaType.DateTime => new()
        {
            ["type"] = "string",
            ["format"] = "date-time",
            ["maxLength"] = DateTimeLength,
            ["pattern"] = Patterns.DateTime,
        },
        SchemaType.AnyObject => new() { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true },
        SchemaType.String => WithText(new() { ["type"] = "string" }, node.Text),
        _ => throw new NotSupportedException($"{node.Type} has no place in a custom resource"),
    };

    private JsonObject Members(SchemaNode node, bool isStatus)
    {
        var schema = new JsonObject { ["type"] = "object" };
        if (node.Members.Any(m => m.IsRequired))
            schema["required"] = new JsonArray([.. node.Members.Where(m => m.IsRequired).Select(m => (JsonNode)m.Name)]);
        if (node.Members.Length > 0)
        {
            schema["properties"] =
                new JsonObject(node.Members.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)Member(node, m, isStatus))));
        }

        AddRules(schema, node.Rules);
        return schema;
    }

    private JsonObject Map(SchemaNode node, bool isStatus)
    {
        var entries = node.Entries!;
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["maxProperties"] = entries.Max,
            ["additionalProperties"] = Value(node.Item!, isStatus),
        };
        AddRules(schema, [.. KeyRules(entries)]);
        return schema;
    }

    /// <summary>A schema has no word for the keys of a map.</summary>
    private static IEnumerable<CelRuleAttribute> KeyRules(EntriesAttribute entries)
    {
        yield return new($"self.all(k, k.size() >= 1 && k.size() <= {entries.KeyMaxLength})", entries.KeyLengthMeans);
        if (entries.KeyPattern is { } pattern)
            yield return new($"self.all(k, k.matches(r\"{pattern}\"))", $"a key {entries.KeyMeans}");
    }

    private JsonObject Array(SchemaNode node, bool isStatus)
    {
        var items = node.Items!;
        var schema = new JsonObject { ["type"] = "array", ["maxItems"] = items.Max };
        if (items.Min > 0)
            schema["minItems"] = items.Min;
        schema["x-kubernetes-list-type"] = items.Type.ToString().ToLowerInvariant();
        if (items.Type == ListType.Map)
            schema["x-kubernetes-list-map-keys"] = new JsonArray(items.Key);
        var item = Value(node.Item!, isStatus);
        if (node.Item!.Type == SchemaType.Object && docs.OfType(node.Item.ClrType) is { } description)
            item.Insert(0, "description", description);
        schema["items"] = item;
        return schema;
    }

    private static JsonObject IntOrString() => new()
    {
        ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" }),
        ["x-kubernetes-int-or-string"] = true,
    };

    private static JsonObject WithText(JsonObject schema, TextAttribute? text)
    {
        ArgumentNullException.ThrowIfNull(text);
        schema["maxLength"] = text.MaxLength;
        if (text.MinLength > 0)
            schema["minLength"] = text.MinLength;
        if (text.Pattern is { } pattern)
            schema["pattern"] = pattern;
        return schema;
    }

    private static JsonObject WithBounds(JsonObject schema, BoundsAttribute? bounds)
    {
        ArgumentNullException.ThrowIfNull(bounds);
        schema["minimum"] = bounds.Min;
        schema["maximum"] = bounds.Max;
        return schema;
    }

    /// <summary>Rules of the field stand before those of its type, which are there already.</summary>
    private static void AddRules(JsonObject schema, ImmutableArray<CelRuleAttribute> rules)
    {
        if (rules.IsEmpty)
            return;
        var before = schema["x-kubernetes-validations"] as JsonArray ?? [];
        schema["x-kubernetes-validations"] = new JsonArray(
            [.. rules.Select(r => new JsonObject { ["rule"] = r.Rule, ["message"] = r.Message }), .. before.Select(r => r!.DeepClone())]);
    }

    /// <summary>
    /// An object's default is written out with those of its members: a server judges it by the object's rules before it would add them.
    /// </summary>
    private static JsonNode? Default(SchemaMember member) =>
        member.Default is JsonObject
            ? new JsonObject(member.Node.Members.Where(m => m.Default is not null).Select(m => KeyValuePair.Create(m.Name, Default(m))))
            : member.Default?.DeepClone();

    private string? Description(SchemaNode parent, SchemaMember member)
    {
        var property = parent.ClrType.GetProperty(member.PropertyName, BindingFlags.Public | BindingFlags.Instance)!;
        var leaf = member.Node.Item ?? member.Node;
        string?[] sentences = [docs.OfProperty(property), .. leaf.Values.Select(v => Meaning(leaf.ClrType, v)), Form(leaf.Text)];
        var text = string.Join(' ', sentences.Where(s => s is not null));
        return text.Length > 0 ? text : null;
    }

    private string? Meaning(Type type, string value) => docs.OfValue(type, value) is { } meaning ? $"`{value}`: {meaning}" : null;

    private static string? Form(TextAttribute? text) =>
        text?.Means is { } means ? $"{char.ToUpperInvariant(means[0])}{means[1..]}." : null;
}
