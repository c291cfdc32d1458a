using System.Text.Json.Nodes;

namespace Support.ApiServer;

/// <summary>
/// Label and field selectors, as far as an operator uses them: <c>a=b</c>, <c>a!=b</c>, <c>a in (b,c)</c>, <c>a</c>, <c>!a</c>.
/// </summary>
internal static class Selectors
{
    public static bool Match(JsonObject value, string? labels, string? fields) =>
        Terms(labels).All(t => MatchTerm(t, name => (string?)value["metadata"]?["labels"]?[name]))
        && Terms(fields).All(t => MatchTerm(t, name => Field(value, name)));

    private static string? Field(JsonNode? value, string path)
    {
        foreach (var name in path.Split('.'))
            value = (value as JsonObject)?[name];
        return value?.ToString();
    }

    private static bool MatchTerm(string term, Func<string, string?> read)
    {
        if (term.Contains(" in ", StringComparison.Ordinal))
        {
            var parts = term.Split(" in ");
            return read(parts[0].Trim()) is { } value && parts[1].Trim(' ', '(', ')').Split(',').Any(v => v.Trim() == value);
        }

        if (term.Contains("!=", StringComparison.Ordinal))
            return read(term[..term.IndexOf("!=", StringComparison.Ordinal)]) != term[(term.IndexOf("!=", StringComparison.Ordinal) + 2)..];
        if (term.Contains('='))
            return read(term[..term.IndexOf('=')]) == term[(term.IndexOf('=') + 1)..].TrimStart('=');
        return term.StartsWith('!') ? read(term[1..]) is null : read(term) is not null;
    }

    private static IEnumerable<string> Terms(string? selector)
    {
        var depth = 0;
        var start = 0;
        for (var i = 0; i <= (selector?.Length ?? -1); i++)
        {
            if (i == selector!.Length || (selector[i] == ',' && depth == 0))
            {
                if (i > start)
                    yield return selector[start..i].Trim();
                start = i + 1;
            }
            else if (selector[i] is '(' or ')')
            {
                depth += selector[i] == '(' ? 1 : -1;
            }
        }
    }
}
