using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Operator.Api.Schema;

/// <summary>Holds a manifest against the types and the attributes on them, and collects every problem.</summary>
internal sealed class StructuralCheck
{
    private static readonly TimeSpan s_patternLimit = TimeSpan.FromSeconds(1);

    private readonly ImmutableArray<FieldProblem>.Builder _problems = ImmutableArray.CreateBuilder<FieldProblem>();

    public bool IsEmpty => _problems.Count == 0;

    public ImmutableArray<FieldProblem> ToImmutable() => _problems.ToImmutable();

    /// <summary>Checks all members. A null counts as absent, as it does for an API server, and is taken out.</summary>
    public void CheckObject(JsonObject json, Type type, string path)
    {
        var fields = TypeFields.Of(type);
        foreach (var (name, value) in json.ToArray())
        {
            if (!fields.TryGetValue(name, out var field))
                Add(Join(path, name), Misspelt(name, fields.Keys));
            else if (value is null)
                json.Remove(name);
            else
                CheckValue(value, field.Type, field.Property, Join(path, name));
        }

        foreach (var (name, field) in fields)
        {
            if (field.IsRequired && json[name] is null)
                Add(Join(path, name), "is required");
        }
    }

    private void CheckValue(JsonNode value, Type type, PropertyInfo property, string path)
    {
        if (TypeFields.ItemOf(type) is { } item)
            CheckList(value, item, property, path);
        else if (TypeFields.EntryOf(type) is { } entry)
            CheckMap(value, entry, property, path);
        else if (type == typeof(JsonElement))
            return;
        else if (type.IsEnum)
            CheckEnum(value, type, path);
        else if (type == typeof(IntOrString))
            CheckIntOrString(value, property, path);
        else if (type == typeof(string))
            CheckText(value, property, path);
        else if (type == typeof(bool))
            Expect(value, JsonValueKind.True, path, "a boolean");
        else if (type == typeof(int) || type == typeof(long))
            CheckNumber(value, type, property, path);
        else if (type == typeof(DateTimeOffset))
            CheckTime(value, path);
        else if (type == typeof(byte[]))
            CheckBase64(value, path);
        else if (value is JsonObject nested)
            CheckObject(nested, type, path);
        else
            Add(path, "must be an object");
    }

    private void CheckList(JsonNode value, Type item, PropertyInfo property, string path)
    {
        if (value is not JsonArray list)
        {
            Add(path, "must be a list");
            return;
        }

        var bounds = property.GetCustomAttribute<ItemsAttribute>();
        if (bounds is not null && list.Count > bounds.Max)
            Add(path, Invariant($"must have at most {bounds.Max} items"));
        if (bounds is not null && list.Count < bounds.Min)
            Add(path, Invariant($"must have at least {bounds.Min} items"));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            var at = Invariant($"{path}[{i}]");
            if (list[i] is not { } node)
            {
                Add(at, "must not be null");
                continue;
            }

            CheckValue(node, item, property, at);
            if (KeyOf(node, bounds) is { } key && !seen.Add(key))
                Add(at, $"must not stand twice: `{key}`");
        }
    }

    /// <summary>What must be unique among a list's items; null where nothing must.</summary>
    private static string? KeyOf(JsonNode item, ItemsAttribute? bounds) => bounds?.Type switch
    {
        ListType.Set => item.ToString(),
        ListType.Map => (item as JsonObject)?[bounds.Key]?.ToString(),
        _ => null,
    };

    private void CheckMap(JsonNode value, Type entry, PropertyInfo property, string path)
    {
        if (value is not JsonObject map)
        {
            Add(path, "must be a map");
            return;
        }

        var bounds = property.GetCustomAttribute<EntriesAttribute>();
        if (bounds is not null && map.Count > bounds.Max)
            Add(path, Invariant($"must have at most {bounds.Max} entries"));
        foreach (var (name, node) in map)
        {
            var at = Join(path, name);
            if (bounds is not null && name.Length > bounds.KeyMaxLength)
                Add(at, Invariant($"must have a name of at most {bounds.KeyMaxLength} characters"));
            if (bounds?.KeyPattern is { } pattern && !IsMatch(name, pattern))
                Add(at, "has a name that " + bounds.KeyMeans);
            if (node is null)
                Add(at, "must not be null");
            else
                CheckValue(node, entry, property, at);
        }
    }

    private void CheckText(JsonNode value, PropertyInfo property, string path)
    {
        if (value.GetValueKind() != JsonValueKind.String)
        {
            Add(path, "must be a string; put it in quotes");
            return;
        }

        if (property.GetCustomAttribute<TextAttribute>() is not { } bounds)
            return;
        var text = value.GetValue<string>();
        if (text.Length > bounds.MaxLength)
            Add(path, Invariant($"must have at most {bounds.MaxLength} characters"));
        else if (text.Length < bounds.MinLength)
            Add(path, "must not be empty");
        else if (bounds.Pattern is { } pattern && !IsMatch(text, pattern))
            Add(path, bounds.Means ?? $"must match `{pattern}`");
    }

    private void CheckNumber(JsonNode value, Type type, PropertyInfo property, string path)
    {
        if (value.GetValueKind() != JsonValueKind.Number
            || !long.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            || (type == typeof(int) && number is < int.MinValue or > int.MaxValue))
        {
            Add(path, "must be a whole number");
        }
        else if (property.GetCustomAttribute<BoundsAttribute>() is { } bounds && (number < bounds.Min || number > bounds.Max))
            Add(path, Invariant($"must be from {bounds.Min} to {bounds.Max}"));
    }

    private void CheckIntOrString(JsonNode value, PropertyInfo property, string path)
    {
        if (value.GetValueKind() == JsonValueKind.String)
            CheckText(value, property, path);
        else
            CheckNumber(value, typeof(int), property, path);
    }

    private void CheckEnum(JsonNode value, Type type, string path)
    {
        var names = Enum.GetNames(type);
        if (value.GetValueKind() != JsonValueKind.String || !names.Contains(value.GetValue<string>(), StringComparer.Ordinal))
            Add(path, "must be one of " + string.Join(", ", names));
    }

    /// <summary>RFC 3339 with its zone, as the schema's format date-time has it.</summary>
    private void CheckTime(JsonNode value, string path)
    {
        if (value.GetValueKind() != JsonValueKind.String
            || !IsMatch(value.GetValue<string>(), @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)$")
            || !JsonSerializer.SerializeToElement(value).TryGetDateTimeOffset(out _))
        {
            Add(path, "must be a time as 2026-12-31T23:59:59Z");
        }
    }

    private void CheckBase64(JsonNode value, string path)
    {
        if (value.GetValueKind() != JsonValueKind.String || !JsonSerializer.SerializeToElement(value).TryGetBytesFromBase64(out _))
            Add(path, "must be base64; plain text belongs into `stringData`");
    }

    private void Expect(JsonNode value, JsonValueKind kind, string path, string wanted)
    {
        var actual = value.GetValueKind();
        if (actual != kind && !(kind == JsonValueKind.True && actual == JsonValueKind.False))
            Add(path, "must be " + wanted);
    }

    /// <summary>Most unknown fields are known ones in other letters.</summary>
    private static string Misspelt(string name, IEnumerable<string> known) =>
        known.FirstOrDefault(k => string.Equals(k, name, StringComparison.OrdinalIgnoreCase)) is { } meant
            ? $"is not known; it is written `{meant}`"
            : "is not known";

    private static bool IsMatch(string text, string pattern) => Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, s_patternLimit);

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private void Add(string path, string message) => _problems.Add(new(path, message));
}
