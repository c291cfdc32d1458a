using System.Collections.Immutable;
using System.Text.Json;

namespace Operator.Api.Schema;

/// <summary>Walks a value along a schema and reports every problem, in the words of the API server.</summary>
internal sealed class SchemaValidator
{
    private readonly ImmutableArray<FieldProblem>.Builder _problems = ImmutableArray.CreateBuilder<FieldProblem>();

    private SchemaValidator()
    {
    }

    /// <summary>Empty when the value fits. A member that is null counts as not given, as in an API server.</summary>
    public static ImmutableArray<FieldProblem> Validate(JsonElement value, SchemaNode schema)
    {
        var validator = new SchemaValidator();
        validator.Visit(value, schema, "");
        return validator._problems.ToImmutable();
    }

    private void Visit(JsonElement value, SchemaNode schema, string path)
    {
        if (!JsonTypes.Fits(value, schema.Type))
        {
            Report(path, $"Invalid value: must be {JsonTypes.NameOf(schema.Type)}, not {JsonTypes.NameOf(value)}");
            return;
        }

        switch (schema.Type)
        {
            case SchemaType.Object:
                VisitObject(value, schema, path);
                break;
            case SchemaType.Map:
                VisitMap(value, schema, path);
                break;
            case SchemaType.Array:
                VisitArray(value, schema, path);
                break;
            default:
                foreach (var message in ScalarRules.Check(value, schema))
                    Report(path, message);
                break;
        }
    }

    private void VisitObject(JsonElement value, SchemaNode schema, string path)
    {
        foreach (var member in schema.Members)
        {
            var field = Join(path, member.Name);
            if (value.TryGetProperty(member.Name, out var given) && given.ValueKind != JsonValueKind.Null)
                Visit(given, member.Node, field);
            else if (member.IsRequired)
                Report(field, "Required value");
        }

        foreach (var given in value.EnumerateObject())
        {
            if (schema.Ignored.Contains(given.Name) || schema.Members.Any(m => m.Name == given.Name))
                continue;
            var meant = schema.Members.FirstOrDefault(m => string.Equals(m.Name, given.Name, StringComparison.OrdinalIgnoreCase));
            Report(Join(path, given.Name), meant is null ? "unknown field" : $"unknown field; did you mean `{meant.Name}`?");
        }
    }

    private void VisitMap(JsonElement value, SchemaNode schema, string path)
    {
        var count = value.EnumerateObject().Count();
        if (schema.Entries is { } entries && count > entries.Max)
        {
            Report(path, $"Too many: {count}: must have at most {entries.Max} entries");
            return;
        }

        foreach (var entry in value.EnumerateObject())
        {
            var field = $"{path}[{entry.Name}]";
            foreach (var message in ScalarRules.CheckKey(entry.Name, schema.Entries))
                Report(path, message);
            Visit(entry.Value, schema.Item!, field);
        }
    }

    private void VisitArray(JsonElement value, SchemaNode schema, string path)
    {
        var count = value.GetArrayLength();
        if (schema.Items is { } items)
        {
            if (count < items.Min)
                Report(path, $"Invalid value: must have at least {items.Min} {(items.Min == 1 ? "item" : "items")}");
            if (count > items.Max)
            {
                Report(path, $"Too many: {count}: must have at most {items.Max} items");
                return;
            }

            VisitDuplicates(value, items, path);
        }

        var i = 0;
        foreach (var item in value.EnumerateArray())
            Visit(item, schema.Item!, $"{path}[{i++}]");
    }

    private void VisitDuplicates(JsonElement value, ItemsAttribute items, string path)
    {
        if (items.Type == ListType.Atomic)
            return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var item in value.EnumerateArray())
        {
            var identity = items.Type == ListType.Set ? item : KeyOf(item, items.Key);
            if (identity is { } one && !seen.Add(one.GetRawText()))
                Report($"{path}[{i}]{(items.Type == ListType.Map ? "." + items.Key : "")}", $"Duplicate value: {ScalarRules.Quote(one)}");
            i++;
        }
    }

    private static JsonElement? KeyOf(JsonElement item, string key) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(key, out var value) ? value : null;

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private void Report(string field, string message) => _problems.Add(new(field, message));
}
