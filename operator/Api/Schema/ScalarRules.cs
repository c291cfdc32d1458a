using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Operator.Api.Schema;

/// <summary>Bounds of values that have no members: lengths, patterns, ranges, enums and forms.</summary>
internal static class ScalarRules
{
    private const int QuotedLength = 64;

    private static readonly ConcurrentDictionary<string, Regex> s_patterns = new(StringComparer.Ordinal);

    /// <summary>Every bound that a value of the right type breaks.</summary>
    public static IEnumerable<string> Check(JsonElement value, SchemaNode schema) => schema.Type switch
    {
        SchemaType.String => CheckText(value, schema.Text),
        SchemaType.Integer => CheckInteger(value, schema.Bounds),
        SchemaType.IntOrString when value.ValueKind == JsonValueKind.Number => CheckInteger(value, schema.Bounds),
        SchemaType.IntOrString => CheckText(value, schema.Text),
        SchemaType.Enum when !schema.Values.Contains(value.GetString()!) =>
            [$"Unsupported value: {Quote(value)}: supported values: {string.Join(", ", schema.Values.Select(v => $"\"{v}\""))}"],
        SchemaType.DateTime when !IsDateTime(value.GetString()!) =>
            [$"Invalid value: {Quote(value)}: must be a date and time of RFC 3339, as \"2026-12-31T23:59:59Z\""],
        SchemaType.Bytes when !value.TryGetBytesFromBase64(out _) => ["Invalid value: must be base64"],
        _ => [],
    };

    /// <summary>Every bound that the key of a map breaks.</summary>
    public static IEnumerable<string> CheckKey(string key, EntriesAttribute? entries)
    {
        if (entries is null)
            yield break;
        if (Length(key) > entries.KeyMaxLength || key.Length == 0)
            yield return $"Invalid value: {Quote(key)}: {entries.KeyLengthMeans}";
        else if (entries.KeyPattern is { } pattern && !Matches(key, pattern))
            yield return $"Invalid value: {Quote(key)}: a key {entries.KeyMeans ?? $"must match {pattern}"}";
    }

    /// <summary>The value in quotes, or only its start where it is long.</summary>
    public static string Quote(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? Quote(value.GetString()!) : value.GetRawText();

    private static string Quote(string text) =>
        "\"" + JsonEncodedText.Encode(BoundedText.Cut(text, QuotedLength + 1)) + "\"";

    private static IEnumerable<string> CheckText(JsonElement value, TextAttribute? bounds)
    {
        if (bounds is null)
            yield break;
        var text = value.GetString()!;
        var quoted = bounds.Sensitive ? "" : $" {Quote(text)}:";
        if (Length(text) > bounds.MaxLength)
            yield return $"Too long: may not be more than {bounds.MaxLength} characters";
        else if (text.Length < bounds.MinLength)
            yield return bounds.MinLength == 1
                ? "Invalid value: must not be empty"
                : $"Too short: must be at least {bounds.MinLength} characters";
        else if (bounds.Pattern is { } pattern && !Matches(text, pattern))
            yield return $"Invalid value:{quoted} {bounds.Means ?? $"must match {pattern}"}";
    }

    private static IEnumerable<string> CheckInteger(JsonElement value, BoundsAttribute? bounds)
    {
        var number = value.GetInt64();
        if (number < bounds?.Min)
            yield return string.Create(CultureInfo.InvariantCulture, $"Invalid value: {number}: must be at least {bounds.Min}");
        if (number > bounds?.Max)
            yield return string.Create(CultureInfo.InvariantCulture, $"Invalid value: {number}: must be at most {bounds.Max}");
    }

    private static bool IsDateTime(string text) =>
        Matches(text, Patterns.DateTime)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static int Length(string text) => text.EnumerateRunes().Count();

    /// <summary>In RE2 <c>$</c> is the end of the text, in .NET it may also stand before a last line break.</summary>
    private static bool Matches(string text, string pattern) =>
        s_patterns.GetOrAdd(pattern, static p => new(p[..^1] + @"\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking))
            .IsMatch(text);
}
