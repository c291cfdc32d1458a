using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Support;

/// <summary>
/// Reads the Prometheus text format strictly, as https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format has it, and
/// holds it to our own habits too: each family has HELP and TYPE, counters end in <c>_total</c> and nothing else does, nothing comes twice.
/// </summary>
public static partial class Exposition
{
    /// <summary>The families, by name; throws <see cref="FormatException"/> with the line that is wrong.</summary>
    public static ImmutableSortedDictionary<string, ExposedFamily> Parse(string text)
    {
        var families = ImmutableSortedDictionary.CreateBuilder<string, ExposedFamily>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        ExposedFamily? family = null;
        Require(text.EndsWith('\n'), "the last line does not end");
        foreach (var line in text.Split('\n').SkipLast(1))
        {
            if (Help().Match(line) is { Success: true } help)
            {
                family = new(help.Groups["name"].Value, "", []);
                Require(!families.ContainsKey(family.Name), line);
            }
            else if (Type().Match(line) is { Success: true } type)
            {
                Require(family is not null && type.Groups["name"].Value == family.Name, line);
                family = family! with { Type = type.Groups["type"].Value };
                Require(family.Name.EndsWith("_total", StringComparison.Ordinal) == (family.Type == "counter"), line);
            }
            else
            {
                var sample = Sample().Match(line);
                Require(sample.Success && family is { Type.Length: > 0 }, line);
                Require(seen.Add(sample.Groups["series"].Value), "twice: " + line);
                family = family! with { Samples = family.Samples.Add(Read(sample)) };
                Require(family.Suffixes.Contains(family.Samples[^1].Name[family.Name.Length..]), line);
            }

            families[family.Name] = family;
        }

        return families.ToImmutable();
    }

    private static ExposedSample Read(Match sample) => new(
        sample.Groups["name"].Value,
        Label().Matches(sample.Groups["labels"].Value).ToImmutableSortedDictionary(
            l => l.Groups["name"].Value,
            l => Unescaped(l.Groups["value"].Value),
            StringComparer.Ordinal),
        decimal.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture));

    private static string Unescaped(string value) => Escape().Replace(value, e => e.Value == @"\n" ? "\n" : e.Value[1..]);

    private static void Require(bool condition, string line)
    {
        if (!condition)
            throw new FormatException(line);
    }

    [GeneratedRegex("""^# HELP (?<name>[a-z_]+) .+$""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Help();

    [GeneratedRegex("""^# TYPE (?<name>[a-z_]+) (?<type>counter|gauge|histogram)$""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Type();

    [GeneratedRegex(
        """^(?<series>(?<name>[a-z_]+)(?<labels>(\{([a-z_]+="([^"\\]|\\\\|\\n|\\")*",?)+\})?)) (?<value>-?\d+(\.\d+)?)$""",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex Sample();

    [GeneratedRegex("(?<name>[a-z_]+)=\"(?<value>([^\"\\\\]|\\\\.)*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"\\.", RegexOptions.None, 1000)]
    private static partial Regex Escape();
}

/// <summary>All samples of one name, and their type.</summary>
public sealed record ExposedFamily(string Name, string Type, ImmutableArray<ExposedSample> Samples)
{
    /// <summary>What a sample may have behind the family's name.</summary>
    internal ImmutableArray<string> Suffixes => Type == "histogram" ? ["_bucket", "_sum", "_count"] : [""];

    /// <summary>The only sample with these label values, whatever others it has; throws where there is none, or several.</summary>
    public decimal Value(params (string Name, string Value)[] labels) => Only("", labels);

    /// <summary>How many measurements the histogram with these labels has.</summary>
    public decimal Count(params (string Name, string Value)[] labels) => Only("_count", labels);

    /// <summary>What they sum up to.</summary>
    public decimal Sum(params (string Name, string Value)[] labels) => Only("_sum", labels);

    private decimal Only(string suffix, (string Name, string Value)[] labels) => Samples
        .Single(s => s.Name == Name + suffix && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value))
        .Value;
}

/// <summary>One line.</summary>
public sealed record ExposedSample(string Name, ImmutableSortedDictionary<string, string> Labels, decimal Value);
