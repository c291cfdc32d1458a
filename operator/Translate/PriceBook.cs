using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>Finds the price of each target and collects those that are used.</summary>
internal sealed class PriceBook(PriceTable table, DateTimeOffset now)
{
    private readonly SortedDictionary<string, PriceConfig> _used = new(StringComparer.Ordinal);

    /// <summary>When the first of the rows that were looked for is followed by another; null: never.</summary>
    public DateTimeOffset? NextChange { get; private set; }

    /// <summary>Name of the target's price in the config; null where nobody knows one.</summary>
    public string? NameFor(ModelRoute route, ModelTarget target, string? upstreamModel)
    {
        Watch(target, m => m == upstreamModel);
        var listed = upstreamModel is null ? null : table.Find(target.Provider, HostOf(target), upstreamModel, now)?.Price;
        var price = target.Pricing is { } own ? Override(route, target, own, listed?.MaxOutputTokens) : listed;
        return price is null ? null : Use(price);
    }

    /// <summary>
    /// Names of the listed prices by upstream model, for a target to which callers may bring any name under <paramref name="names"/>. What
    /// is more than a config holds is left out, and so without a price. Null where there is none.
    /// </summary>
    public ImmutableSortedDictionary<string, string>? NamesFor(ModelTarget target, ImmutableArray<ModelPattern> names)
    {
        Watch(target, m => names.Any(n => n.Matches(m)));
        var listed = table.FindAll(target.Provider, HostOf(target), names, now)
            .OrderBy(m => m.Model, StringComparer.Ordinal)
            .Take(SnapshotValidator.MaxPricesPerTarget)
            .ToImmutableSortedDictionary(m => m.Model, m => Use(m.Price), StringComparer.Ordinal);
        return listed.IsEmpty ? null : listed;
    }

    /// <summary>What is used, by name.</summary>
    public ImmutableArray<PriceConfig> ToImmutable() => [.. _used.Values];

    private static string? HostOf(ModelTarget target) => target.BaseUrl is null ? null : UpstreamHost.Of(target.BaseUrl);

    private void Watch(ModelTarget target, Func<string, bool> isWanted)
    {
        if (table.NextChange(target.Provider, HostOf(target), isWanted, now) is { } next && !(NextChange < next))
            NextChange = next;
    }

    private string Use(PriceConfig price)
    {
        _used[price.Name] = price;
        return price.Name;
    }

    private static PriceConfig? Override(ModelRoute route, ModelTarget target, PricingSpec own, int? maxOutputTokens)
    {
        if (Decimals.Read(own.Input) is not { } input || Decimals.Read(own.Output) is not { } output)
            return null;
        var price = new PriceConfig
        {
            Name = "",
            Version = "",
            Currency = own.Currency,
            Rates = new()
            {
                Input = Decimals.Normalize(input),
                Output = Decimals.Normalize(output),
                CacheRead = Normalize(own.CacheRead),
                CacheWrite5m = Normalize(own.CacheWrite5m),
                CacheWrite1h = Normalize(own.CacheWrite1h),
            },
            MaxOutputTokens = maxOutputTokens,
        };
        return PriceVersion.Stamp($"{route.Id()}/{target.Name}", price);
    }

    private static decimal? Normalize(string? text) => Decimals.Read(text) is { } value ? Decimals.Normalize(value) : null;
}
