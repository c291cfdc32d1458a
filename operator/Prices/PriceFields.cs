using System.Collections.Immutable;
using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Operator.Prices;

/// <summary>
/// The fields of one mapping of a price file, each asked for once by its name. What is missing, ill-formed or never asked for becomes a
/// problem; the caller goes on with a null.
/// </summary>
internal sealed class PriceFields(YamlMappingNode mapping, string row, List<PriceProblem> problems)
{
    /// <summary>The dearest rate that is believed; beyond it somebody has mistaken the unit.</summary>
    private const decimal MaxRate = 1_000_000m;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public bool Has(string name) => Find(name) is not null;

    public string? Text(string name, bool required = false)
    {
        var node = Find(name);
        if (node is YamlScalarNode { Value.Length: > 0 } scalar)
            return scalar.Value;
        if (node is not null)
            Report(node, $"`{name}` must be a single value");
        else if (required)
            Report(mapping, $"`{name}` is missing");
        return null;
    }

    public ImmutableArray<string> Texts(string name)
    {
        var node = Find(name);
        if (node is null)
            return [];
        if (node is YamlSequenceNode list && list.All(item => item is YamlScalarNode { Value.Length: > 0 }))
            return [.. list.Select(item => ((YamlScalarNode)item).Value!)];
        Report(node, $"`{name}` must be a list of texts");
        return [];
    }

    public ImmutableArray<YamlMappingNode> Mappings(string name, bool required = false)
    {
        var node = Find(name);
        if (node is null)
        {
            if (required)
                Report(mapping, $"`{name}` is missing");
            return [];
        }

        if (node is YamlSequenceNode { Children.Count: > 0 } list && list.All(item => item is YamlMappingNode))
            return [.. list.Cast<YamlMappingNode>()];
        Report(node, $"`{name}` must be a list of mappings");
        return [];
    }

    public YamlMappingNode? Mapping(string name)
    {
        var node = Find(name);
        if (node is not null and not YamlMappingNode)
            Report(node, $"`{name}` must be a mapping");
        return node as YamlMappingNode;
    }

    public ImmutableArray<(string Key, YamlMappingNode Value)> Named(string name)
    {
        var node = Find(name);
        if (node is null)
            return [];
        if (node is YamlMappingNode map && map.All(e => e is { Key: YamlScalarNode { Value.Length: > 0 }, Value: YamlMappingNode }))
            return [.. map.Select(e => (((YamlScalarNode)e.Key).Value!, (YamlMappingNode)e.Value))];
        Report(node, $"`{name}` must be a mapping of mappings");
        return [];
    }

    /// <summary>A decimal that is not negative; trailing zeros say nothing and are dropped.</summary>
    public decimal? Figure(string name, bool required = false)
    {
        if (Text(name, required) is not { } text)
            return null;
        const NumberStyles Styles = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        if (!decimal.TryParse(text, Styles, CultureInfo.InvariantCulture, out var figure))
            Report(Find(name)!, $"`{name}` must be a decimal such as 2.50, not `{text}`");
        else if (figure < 0)
            Report(Find(name)!, $"`{name}` must not be negative");
        else if (figure > MaxRate)
            Report(Find(name)!, $"`{name}` must be at most {MaxRate}: rates are per million tokens");
        else
            return figure / 1.0000000000000000000000000000m;
        return null;
    }

    public int? Tokens(string name, bool required = false)
    {
        if (Text(name, required) is not { } text)
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) && tokens > 0)
            return tokens;
        Report(Find(name)!, $"`{name}` must be a whole number above 0, not `{text}`");
        return null;
    }

    public DateOnly? Date(string name, bool required = false)
    {
        if (Text(name, required) is not { } text)
            return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return date;
        Report(Find(name)!, $"`{name}` must be a date as 2026-11-05, not `{text}`");
        return null;
    }

    /// <summary>Every field that nobody asked for is a misspelling, and a misspelt rate would be a wrong price.</summary>
    public void RefuseUnknown()
    {
        foreach (var key in mapping.Children.Keys)
        {
            if (key is not YamlScalarNode { Value: { } name } || !_known.Contains(name))
                Report(key, $"`{key}` is not a field that belongs here");
        }
    }

    public void Report(string message) => Report(mapping, message);

    private void Report(YamlNode node, string message) => problems.Add(new(node.Start.Line, row, message));

    private YamlNode? Find(string name)
    {
        _known.Add(name);
        return mapping.Children.TryGetValue(name, out var node) ? node : null;
    }
}
