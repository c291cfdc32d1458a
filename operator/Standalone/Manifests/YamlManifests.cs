using System.Collections.Immutable;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Operator.Standalone.Manifests;

/// <summary>
/// From the text of a file (YAML, or JSON, which YAML contains) to its documents as JSON, each with the lines of its fields.
/// </summary>
internal static class YamlManifests
{
    /// <summary>Beyond them a file is no manifest but an attack by aliases.</summary>
    private const int MaxNodes = 200_000;

    private const int MaxDepth = 60;

    private const string TooLarge = "is too large or too deep for a manifest";

    /// <summary>All documents that are not empty, or why the file as a whole cannot be read.</summary>
    public static YamlResult Parse(string text)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            CheckDepth(text);
            var stream = new YamlStream();
            stream.Load(parser);
            var nodes = 0;
            return new() { Documents = [.. stream.Documents.Select(d => Convert(d.RootNode, ref nodes)).OfType<YamlDocumentText>()] };
        }
        catch (YamlException e)
        {
            return new() { Error = new((int)Math.Max(1, e.Start.Line), e.InnerException?.Message ?? e.Message) };
        }
        catch (InvalidOperationException)
        {
            // Of the scanner, on a list or mapping that is never closed.
            return new() { Error = new((int)(parser.Current?.End.Line ?? 1), "is no YAML from here on; is a bracket or quote left open?") };
        }
    }

    /// <summary>
    /// The representation is built by recursion, which a file of nothing but brackets would drive over the end of the stack.
    /// </summary>
    private static void CheckDepth(string text)
    {
        var parser = new Parser(new StringReader(text));
        var depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > MaxDepth)
                throw new SemanticErrorException(parser.Current.Start, parser.Current.End, TooLarge);
        }
    }

    private static YamlDocumentText? Convert(YamlNode root, ref int nodes)
    {
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        var json = Json(root, "", 0, lines, ref nodes);
        return json is null ? null : new() { Json = json, Lines = new(lines) };
    }

    private static JsonNode? Json(YamlNode node, string path, int depth, Dictionary<string, int> lines, ref int nodes)
    {
        if (++nodes > MaxNodes || depth > MaxDepth)
            throw new SemanticErrorException(node.Start, node.End, TooLarge);
        lines.TryAdd(path, Line(node));
        switch (node)
        {
            case YamlMappingNode mapping:
                var members = new JsonObject();
                foreach (var (name, key, value) in Members(mapping))
                {
                    var field = path.Length == 0 ? name : $"{path}.{name}";
                    lines.TryAdd(field, Line(key));
                    members[name] = Json(value, field, depth + 1, lines, ref nodes);
                }

                return members;
            case YamlSequenceNode sequence:
                var items = new JsonArray();
                foreach (var item in sequence)
                    items.Add(Json(item, FormattableString.Invariant($"{path}[{items.Count}]"), depth + 1, lines, ref nodes));
                return items;
            default:
                return YamlScalar.ToJson((YamlScalarNode)node);
        }
    }

    /// <summary>Own members first, then what <c>&lt;&lt;</c> adds (https://yaml.org/type/merge.html).</summary>
    private static IEnumerable<(string Name, YamlNode Key, YamlNode Value)> Members(YamlMappingNode mapping)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping)
        {
            if (key is not YamlScalarNode { Value: { } name })
                throw new SemanticErrorException(key.Start, key.End, "a name must be a plain text");
            if (name != "<<" && seen.Add(name))
                yield return (name, key, value);
        }

        foreach (var (key, value) in mapping)
        {
            if (key is not YamlScalarNode { Value: "<<" })
                continue;
            foreach (var merged in value is YamlSequenceNode several ? several.Children : [value])
            {
                if (merged is not YamlMappingNode from)
                    throw new SemanticErrorException(merged.Start, merged.End, "`<<` must name a mapping");
                foreach (var member in Members(from).Where(m => seen.Add(m.Name)))
                    yield return member;
            }
        }
    }

    private static int Line(YamlNode node) => (int)node.Start.Line;
}

/// <summary>The documents of a file, or why it cannot be read.</summary>
internal sealed record YamlResult
{
    /// <summary>In the order of the file.</summary>
    public ImmutableArray<YamlDocumentText> Documents { get; init; } = [];

    /// <summary>Null where the file can be read.</summary>
    public YamlError? Error { get; init; }
}

/// <summary>One document.</summary>
internal sealed record YamlDocumentText
{
    /// <summary>Its content.</summary>
    public required JsonNode Json { get; init; }

    /// <summary>Where its fields stand.</summary>
    public required SourceLines Lines { get; init; }
}

/// <summary>Why a file is no YAML.</summary>
internal sealed record YamlError(int Line, string Message);
