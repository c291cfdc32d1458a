using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Operator.Api.Definitions;

/// <summary>
/// A rule in CEL in the words of JSON Schema, as far as these go: which fields are there, what a field is, what it is at most, and
/// <c>! &amp;&amp; || == != ( )</c> between such terms. Pure.
/// </summary>
internal sealed partial class RuleSchema
{
    private readonly List<Match> _tokens;
    private int _at;

    private RuleSchema(string rule) => _tokens = [.. Tokens().Matches(rule).Cast<Match>()];

    /// <summary>What holds where the rule does; null where the rule says more than a schema can.</summary>
    public static JsonObject? Of(string rule)
    {
        var reader = new RuleSchema(rule);
        var schema = reader.ReadAny();
        return reader._at == reader._tokens.Count ? schema : null;
    }

    private JsonObject? ReadAny() => ReadJoined("||", "anyOf", ReadAll);

    private JsonObject? ReadAll() => ReadJoined("&&", "allOf", ReadEqual);

    private JsonObject? ReadEqual()
    {
        if (ReadTerm() is not { } left)
            return null;
        if (TrySkip("=="))
            return ReadTerm() is { } right ? Same(left, right) : null;
        if (TrySkip("!="))
            return ReadTerm() is { } right ? Joined("oneOf", [left, right]) : null;
        return left;
    }

    private JsonObject? ReadTerm()
    {
        if (TrySkip("!"))
            return ReadTerm() is { } term ? Not(term) : null;
        if (TrySkip("("))
            return ReadAny() is { } inner && TrySkip(")") ? inner : null;
        return Next() is { } atom ? Atom(atom) : null;
    }

    private JsonObject? ReadJoined(string between, string word, Func<JsonObject?> read)
    {
        var parts = new List<JsonObject>();
        do
        {
            if (read() is not { } part)
                return null;
            parts.Add(part);
        }
        while (TrySkip(between));
        return parts.Count == 1 ? parts[0] : Joined(word, parts);
    }

    private Match? Next() => _at < _tokens.Count ? _tokens[_at++] : null;

    private bool TrySkip(string token)
    {
        var isThere = _at < _tokens.Count && _tokens[_at].Value == token;
        _at += isThere ? 1 : 0;
        return isThere;
    }

    private static JsonObject? Atom(Match term)
    {
        if (term.Groups["has"] is { Success: true } has)
            return There(has.Value);
        var field = term.Groups["field"].Value;
        return term.Groups["how"].Value switch
        {
            "==" => Joined("allOf", [There(field), Of(field, "const", term.Groups["text"].Value)]),
            "!=" => Not(Joined("allOf", [There(field), Of(field, "const", term.Groups["text"].Value)])),

            // One that is not there has its default, which is not above what is allowed.
            "<=" => Of(field, "maximum", long.Parse(term.Groups["number"].Value, CultureInfo.InvariantCulture)),
            _ => null,
        };
    }

    private static JsonObject Of(string field, string keyword, JsonNode value) =>
        new() { ["properties"] = new JsonObject { [field] = new JsonObject { [keyword] = value } } };

    private static JsonObject There(string field) => new() { ["required"] = new JsonArray(field) };

    private static JsonObject Not(JsonObject schema) => new() { ["not"] = schema };

    private static JsonObject Same(JsonObject left, JsonObject right) => Joined(
        "anyOf",
        [Joined("allOf", [left, right]), Joined("allOf", [Not((JsonObject)left.DeepClone()), Not((JsonObject)right.DeepClone())])]);

    private static JsonObject Joined(string word, IEnumerable<JsonObject> parts) => new() { [word] = new JsonArray([.. parts]) };

    [GeneratedRegex(
        @"has\(self\.(?<has>\w+)\)|self\.(?<field>\w+) ((?<how>==|!=) '(?<text>[^']*)'|(?<how><=) (?<number>\d+))|&&|\|\||==|!=|\S",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Tokens();
}
