using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Translate;
using YamlDotNet.RepresentationModel;

namespace Operator.Prices;

/// <summary>Reads one row of a price file: what one model costs from a day on.</summary>
internal static class PriceRowReader
{
    /// <summary>Stands where a problem has been added instead.</summary>
    private static readonly RatesConfig s_none = new() { Input = 0, Output = 0 };

    /// <summary>The row, or null when it added a problem.</summary>
    /// <param name="section">Its name.</param>
    /// <param name="node">The row.</param>
    /// <param name="fees">Those of the section; the row's own come before them, one by one.</param>
    /// <param name="problems">Gets what is wrong.</param>
    public static PriceRow? Read(string section, YamlMappingNode node, ToolFeesConfig? fees, List<PriceProblem> problems)
    {
        var before = problems.Count;
        var model = node.Children.TryGetValue("model", out var name) ? (name as YamlScalarNode)?.Value : null;
        var row = $"{section}/{model ?? "?"}";
        var fields = new PriceFields(node, row, problems);
        ImmutableArray<string> models = [fields.Text("model", required: true) ?? "", .. fields.Texts("aliases")];
        var effectiveFrom = fields.Date("effectiveFrom");
        var (source, sourceDate) = ReadSource(fields);
        var price = ReadPrice(fields, row, fees, problems);
        fields.RefuseUnknown();
        if (problems.Count > before || price is null)
            return null;
        return new PriceRow
        {
            Name = row,
            Line = node.Start.Line,
            Models = models,
            EffectiveFrom = effectiveFrom is { } day ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero) : DateTimeOffset.MinValue,
            Price = PriceVersion.Stamp(row, price),
            Source = source!,
            SourceDate = sourceDate!.Value,
        };
    }

    /// <summary>Where the figures stand, and when they were read there.</summary>
    public static (string? Source, DateOnly? Date) ReadSource(PriceFields fields)
    {
        var source = fields.Text("source", required: true);
        var date = fields.Date("asOf", required: true);
        if (source is not null && !(Uri.TryCreate(source, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps))
            fields.Report("`source` must be the https URL where the figures stand");
        return (source, date);
    }

    /// <summary>Null where there are none.</summary>
    public static ToolFeesConfig? ReadFees(PriceFields fields)
    {
        var fees = new ToolFeesConfig { WebSearch = fields.Figure("webSearch"), FileSearch = fields.Figure("fileSearch") };
        return fees is { WebSearch: null, FileSearch: null } ? null : fees;
    }

    private static PriceConfig? ReadPrice(PriceFields fields, string row, ToolFeesConfig? sectionFees, List<PriceProblem> problems)
    {
        var currency = fields.Text("currency") ?? "USD";
        if (currency.Length != 3 || !currency.All(char.IsAsciiLetterUpper))
            fields.Report($"`currency` must be an ISO 4217 code, not `{currency}`");
        var maxOutputTokens = fields.Tokens("maxOutputTokens");
        var fees = ReadFees(fields);
        var rates = ReadRates(fields, null);
        var tiers = ReadTiers(fields, row, rates, required: false, problems);
        var serviceTiers = fields.Named("serviceTiers").ToImmutableSortedDictionary(
            t => t.Key, t => ReadServiceTier(t.Key, new PriceFields(t.Value, row, problems), row, rates, !tiers.IsEmpty, problems));
        return rates is null
            ? null
            : new PriceConfig
            {
                Name = "",
                Version = "",
                Currency = currency,
                Rates = rates,
                Tiers = tiers,
                ServiceTiers = serviceTiers,
                ToolFees = fees is null || sectionFees is null
                    ? fees ?? sectionFees
                    : new()
                    {
                        WebSearch = fees.WebSearch ?? sectionFees.WebSearch,
                        FileSearch = fees.FileSearch ?? sectionFees.FileSearch,
                    },
                MaxOutputTokens = maxOutputTokens,
            };
    }

    private static ImmutableArray<PriceTierConfig> ReadTiers(
        PriceFields fields, string row, RatesConfig? standard, bool required, List<PriceProblem> problems)
    {
        var tiers = fields.Mappings("tiers", required)
            .Select(t => ReadTier(new PriceFields(t, row, problems), standard)).ToImmutableArray();
        for (var i = 1; i < tiers.Length; i++)
        {
            if (tiers[i].AboveInputTokens <= tiers[i - 1].AboveInputTokens)
                fields.Report("`tiers` must rise by `aboveInputTokens`");
        }

        return tiers;
    }

    private static PriceTierConfig ReadTier(PriceFields fields, RatesConfig? standard)
    {
        var above = fields.Tokens("aboveInputTokens", required: true);
        var rates = ReadRates(fields, standard);
        fields.RefuseUnknown();
        return new PriceTierConfig { AboveInputTokens = above ?? 0, Rates = rates ?? s_none };
    }

    /// <summary>Rates of its own are needed for every size of prompt: which they are above one cannot be told from the row's.</summary>
    private static ServiceTierConfig ReadServiceTier(
        string name, PriceFields fields, string row, RatesConfig? standard, bool hasSizes, List<PriceProblem> problems)
    {
        if (!fields.Has("multiplier"))
        {
            var rates = ReadRates(fields, standard);
            var tiers = ReadTiers(fields, row, standard, required: hasSizes, problems);
            fields.RefuseUnknown();
            return new ServiceTierConfig { Rates = rates, Tiers = tiers.IsEmpty ? null : tiers };
        }

        var multiplier = fields.Figure("multiplier");
        if (multiplier == 0)
            fields.Report($"the multiplier of service tier `{name}` must be above 0");
        fields.RefuseUnknown();
        return new ServiceTierConfig { Multiplier = multiplier };
    }

    /// <summary>A tier states every rate that the row's standard rates state: what it left out would be priced as plain input.</summary>
    private static RatesConfig? ReadRates(PriceFields fields, RatesConfig? standard)
    {
        var input = fields.Figure("input", required: true);
        var output = fields.Figure("output", required: true);
        var cacheRead = fields.Figure("cacheRead", standard?.CacheRead is not null);
        var cacheWrite5m = fields.Figure("cacheWrite5m", standard?.CacheWrite5m is not null);
        var cacheWrite1h = fields.Figure("cacheWrite1h", standard?.CacheWrite1h is not null);
        var audioInput = fields.Figure("audioInput", standard?.AudioInput is not null);
        var audioOutput = fields.Figure("audioOutput", standard?.AudioOutput is not null);
        if (input is null || output is null)
            return null;
        return new RatesConfig
        {
            Input = input.Value,
            Output = output.Value,
            CacheRead = cacheRead,
            CacheWrite5m = cacheWrite5m,
            CacheWrite1h = cacheWrite1h,
            AudioInput = audioInput,
            AudioOutput = audioOutput,
        };
    }
}

/// <summary>A row that has been read, before it is known which targets its section prices.</summary>
internal sealed record PriceRow
{
    public required string Name { get; init; }

    public required long Line { get; init; }

    public required ImmutableArray<string> Models { get; init; }

    public required DateTimeOffset EffectiveFrom { get; init; }

    public required PriceConfig Price { get; init; }

    public required string Source { get; init; }

    public required DateOnly SourceDate { get; init; }
}
