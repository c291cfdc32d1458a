using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Operator.Api.Definitions;

/// <summary>Writes JSON as YAML for people: blocks, quotes only where they are needed, long text folded.</summary>
internal sealed class YamlWriter
{
    private const int Width = 120;

    private static readonly SearchValues<char> s_plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./%, -");

    /// <summary>What some reader of YAML takes for a boolean, a null or a number.</summary>
    private static readonly FrozenSet<string> s_notText =
        new[] { "y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private readonly StringBuilder _text = new();

    private YamlWriter()
    {
    }

    /// <summary>One document, with a line break at its end.</summary>
    public static string Write(JsonObject document)
    {
        var writer = new YamlWriter();
        writer.Members(document, 0, isFirstIndented: true);
        return writer._text.ToString();
    }

    private void Members(JsonObject node, int indent, bool isFirstIndented)
    {
        var isIndented = isFirstIndented;
        foreach (var (name, value) in node)
        {
            _text.Append(' ', isIndented ? indent : 0).Append(Scalar(name)).Append(':');
            isIndented = true;
            switch (value)
            {
                case JsonObject { Count: > 0 } children:
                    _text.Append('\n');
                    Members(children, indent + 2, isFirstIndented: true);
                    break;
                case JsonArray { Count: > 0 } items:
                    _text.Append('\n');
                    Items(items, indent + 2);
                    break;
                default:
                    Leaf(value, indent, indent + name.Length + 2);
                    break;
            }
        }
    }

    private void Items(JsonArray items, int indent)
    {
        foreach (var item in items)
        {
            _text.Append(' ', indent).Append('-');
            if (item is JsonObject { Count: > 0 } members)
            {
                _text.Append(' ');
                Members(members, indent + 2, isFirstIndented: false);
            }
            else
            {
                Leaf(item, indent, indent + 2);
            }
        }
    }

    private void Leaf(JsonNode? value, int indent, int column)
    {
        if (value is JsonValue && value.GetValueKind() == JsonValueKind.String)
            Text(value.GetValue<string>(), indent, column);
        else
            _text.Append(' ').Append(value?.ToJsonString() ?? "null").Append('\n');
    }

    private void Text(string text, int indent, int column)
    {
        var scalar = Scalar(text);
        var words = text.Split(' ');
        if (column + scalar.Length <= Width || words.Length == 1 || words.Contains("") || text.Contains('\n', StringComparison.Ordinal))
            _text.Append(' ').Append(scalar).Append('\n');
        else
            Folded(words, indent + 2);
    }

    /// <summary>https://yaml.org/spec/1.2.2/#813-folded-style</summary>
    private void Folded(string[] words, int indent)
    {
        _text.Append(" >-");
        var column = Width;
        foreach (var word in words)
        {
            if (column + 1 + word.Length > Width)
            {
                _text.Append('\n').Append(' ', indent).Append(word);
                column = indent + word.Length;
            }
            else
            {
                _text.Append(' ').Append(word);
                column += 1 + word.Length;
            }
        }

        _text.Append('\n');
    }

    private static string Scalar(string text)
    {
        if (IsPlain(text))
            return text;
        return text.Any(char.IsControl)
            ? JsonSerializer.Serialize(text)
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    private static bool IsPlain(string text) =>
        text.AsSpan().TrimStart('.') is [var first, ..] && char.IsAsciiLetter(first)
        && !text.AsSpan().ContainsAnyExcept(s_plain)
        && !text.EndsWith(' ')
        && !s_notText.Contains(text);
}
