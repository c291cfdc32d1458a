using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Translate;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Operator.Prices;

/// <summary>
/// Reads a price file: sections, each a list of rows and what it prices, namely the API of <c>provider</c> and every server among
/// <c>hosts</c>. Strict, and all problems at once. <c>prices.yaml</c> beside this file is the model.
/// </summary>
internal static class PriceTableReader
{
    /// <summary>The dialects in which a target may be told to speak to a host; its prices are the same in each.</summary>
    private static readonly ImmutableArray<Provider> s_dialects = [Provider.OpenAI, Provider.OpenAICompatible, Provider.Anthropic];

    /// <summary>Throws only what the reader throws.</summary>
    public static PriceTableResult Read(TextReader yaml)
    {
        var problems = new List<PriceProblem>();
        var entries = ImmutableArray.CreateBuilder<PriceEntry>();
        var seen = new HashSet<(Provider, string?, string, DateTimeOffset)>();
        foreach (var section in Sections(yaml, problems))
        {
            foreach (var (row, entry) in ReadSection(section, problems))
            {
                var twice = entry.Models.FirstOrDefault(m => !seen.Add((entry.Provider, entry.Host, m, entry.EffectiveFrom)));
                if (twice is not null)
                    problems.Add(new(row.Line, row.Name, $"`{twice}` has another row that takes effect on the same day"));
                entries.Add(entry);
            }
        }

        return problems.Count > 0
            ? new PriceTableResult { Problems = [.. problems.Distinct().OrderBy(p => p.Line)] }
            : new PriceTableResult { Table = new PriceTable { Entries = entries.ToImmutable() } };
    }

    private static ImmutableArray<YamlMappingNode> Sections(TextReader yaml, List<PriceProblem> problems)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(yaml);
        }
        catch (YamlException e)
        {
            problems.Add(new(e.Start.Line, "", $"not YAML: {e.Message}"));
            return [];
        }

        if (stream.Documents is not [{ RootNode: YamlMappingNode root }])
        {
            problems.Add(new(1, "", "must be one document with `providers`"));
            return [];
        }

        var fields = new PriceFields(root, "", problems);
        var sections = fields.Mappings("providers", required: true);
        fields.RefuseUnknown();
        return sections;
    }

    private static ImmutableArray<(PriceRow Row, PriceEntry Entry)> ReadSection(YamlMappingNode node, List<PriceProblem> problems)
    {
        var name = node.Children.TryGetValue("name", out var scalar) ? (scalar as YamlScalarNode)?.Value ?? "?" : "?";
        var fields = new PriceFields(node, name, problems);
        fields.Text("name", required: true);
        var own = OwnApi(fields);
        var hosts = fields.Texts("hosts");
        var fees = ReadFees(fields, name, problems);
        var rows = fields.Mappings("models", required: true);
        fields.RefuseUnknown();
        foreach (var host in hosts.Where(h => Uri.CheckHostName(h) == UriHostNameType.Unknown))
            fields.Report($"`{host}` must be a host name alone, as api.groq.com");
        if (own is null && hosts.IsEmpty)
            fields.Report("must name a `provider` or `hosts`");

        (Provider Provider, string? Host)[] targets =
        [
            .. own is { } provider ? [(provider, (string?)null)] : Array.Empty<(Provider, string?)>(),
            .. from host in hosts from dialect in s_dialects where dialect != own select (dialect, (string?)host),
        ];
        return
        [
            .. rows.Select(r => PriceRowReader.Read(name, r, fees, problems)).OfType<PriceRow>()
                .SelectMany(r => targets.Select(t => (r, Entry(r, t.Provider, t.Host)))),
        ];
    }

    /// <summary>Fees of every row of the section that has none of its own.</summary>
    private static ToolFeesConfig? ReadFees(PriceFields section, string name, List<PriceProblem> problems)
    {
        if (section.Mapping("toolFees") is not { } node)
            return null;
        var fields = new PriceFields(node, name, problems);
        var fees = PriceRowReader.ReadFees(fields);
        PriceRowReader.ReadSource(fields);
        fields.RefuseUnknown();
        if (fees is null)
            fields.Report("`toolFees` must have `webSearch` or `fileSearch`");
        return fees;
    }

    private static Provider? OwnApi(PriceFields fields)
    {
        if (fields.Text("provider") is not { } text)
            return null;
        if (Enum.TryParse<Provider>(text, out var provider) && Enum.IsDefined(provider) && provider != Provider.OpenAICompatible)
            return provider;
        fields.Report($"`provider` must be {Provider.OpenAI}, {Provider.Anthropic} or left out, not `{text}`");
        return null;
    }

    private static PriceEntry Entry(PriceRow row, Provider provider, string? host) => new()
    {
        Provider = provider,
        Host = host,
        Models = row.Models,
        EffectiveFrom = row.EffectiveFrom,
        Price = row.Price,
        Source = row.Source,
        SourceDate = row.SourceDate,
    };
}
