using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Operator.Status;

/// <summary>The little of JSONPath that printer columns use: members, indexes, and the filter by one text member.</summary>
internal static partial class JsonPath
{
    /// <summary>Null where the path leads nowhere. Throws <see cref="FormatException"/> for a path beyond what is spoken here.</summary>
    public static JsonNode? Find(JsonNode? root, string path)
    {
        var node = root;
        var at = 0;
        while (at < path.Length)
        {
            var step = Step().Match(path, at);
            if (!step.Success || step.Index != at)
                throw new FormatException($"`{path}` is not understood from `{path[at..]}` on");
            node = Follow(node, step);
            at += step.Length;
        }

        return node;
    }

    private static JsonNode? Follow(JsonNode? node, Match step)
    {
        if (step.Groups["member"].Success)
            return (node as JsonObject)?[step.Groups["member"].Value];
        if (node is not JsonArray list)
            return null;
        if (!step.Groups["index"].Success)
            return list.FirstOrDefault(item => item?[step.Groups["by"].Value]?.ToString() == step.Groups["value"].Value);
        var index = int.Parse(step.Groups["index"].Value, CultureInfo.InvariantCulture);
        return index < list.Count ? list[index] : null;
    }

    [GeneratedRegex(
        """\.(?<member>[A-Za-z0-9_]+)|\[(?<index>\d+)\]|\[\?\(@\.(?<by>\w+)=="(?<value>[^"]*)"\)\]""",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Step();
}
