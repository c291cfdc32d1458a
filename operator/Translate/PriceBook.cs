using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>Finds the price of each target and collects those that are used.</summary>
internal sealed class PriceBook(PriceTable table, DateTimeOffset now)
{
    private static readonly ConditionalWeakTable<PricingSpec, OwnPrice> s_own = [];

    private readonly SortedDictionary<string, PriceConfig> _used = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<(Provider Provider, string? Host, string Model), PriceConfig?> _listed = [];

    /// <summary>When the first of the rows that were looked for is followed by another; null: never.</summary>
    public DateTimeOffset? NextChange { get; private set; }

    /// <summary>Name of the target's price in the config; null where nobody knows one.</summary>
    public string? NameFor(ModelRoute route, ModelTarget target, string? upstreamModel)
    {
        var listed = upstreamModel is null ? null : Listed((target.Provider, HostOf(target), upstreamModel));
        var price = target.Pricing is { } own ? Override($"{route.Id()}/{target.Name}", own, listed?.MaxOutputTokens) : listed;
        return price is null ? null : Use(price);
    }

    /// <summary>
    /// Names of the listed prices by upstream model, for a target to which callers may bring any name under <paramref name="names"/>. What
    /// is more than a config holds is left out, and so without a price. Null where there is none.
    /// </summary>
    public ImmutableSortedDictionary<string, string>? NamesFor(ModelTarget target, ImmutableArray<ModelPattern> names)
    {
        Watch(target.Provider, HostOf(target), m => names.Any(n => n.Matches(m)));
        var listed = table.FindAll(target.Provider, HostOf(target), names, now)
            .OrderBy(m => m.Model, StringComparer.Ordinal)
            .Take(SnapshotValidator.MaxPricesPerTarget)
            .ToImmutableSortedDictionary(m => m.Model, m => Use(m.Price), StringComparer.Ordinal);
        return listed.IsEmpty ? null : listed;
    }

    /// <summary>What is used, by name.</summary>
    public ImmutableArray<PriceConfig> ToImmutable() => [.. _used.Values];

    /// <summary>Looked up once: thousands of targets name the same few models and hosts.</summary>
    private PriceConfig? Listed((Provider Provider, string? Host, string Model) of)
    {
        if (_listed.TryGetValue(of, out var known))
            return known;
        Watch(of.Provider, of.Host, m => m == of.Model);
        return _listed[of] = table.Find(of.Provider, of.Host, of.Model, now)?.Price;
    }

    private string? HostOf(ModelTarget target)
    {
        if (target.BaseUrl is not { } url)
            return null;
        if (!_hosts.TryGetValue(url, out var host))
            _hosts[url] = host = UpstreamHost.Of(url);
        return host;
    }

    private void Watch(Provider provider, string? host, Func<string, bool> isWanted)
    {
        if (table.NextChange(provider, host, isWanted, now) is { } next && !(NextChange < next))
            NextChange = next;
    }

    private string Use(PriceConfig price)
    {
        _used[price.Name] = price;
        return price.Name;
    }

    private static PriceConfig? Override(string row, PricingSpec own, int? maxOutputTokens)
    {
        if (s_own.TryGetValue(own, out var known) && known.Row == row && known.MaxOutputTokens == maxOutputTokens)
            return known.Price;
        var price = Read(own) is { } rates
            ? PriceVersion.Stamp(
                row,
                new()
                {
                    Name = "",
                    Version = "",
                    Currency = own.Currency,
                    Rates = rates,
                    ToolFees = ReadFees(own),
                    MaxOutputTokens = maxOutputTokens,
                })
            : null;
        s_own.AddOrUpdate(own, new(row, maxOutputTokens, price));
        return price;
    }

    private static RatesConfig? Read(PricingSpec own) =>
        Decimals.Read(own.Input) is { } input && Decimals.Read(own.Output) is { } output
            ? new()
            {
                Input = Decimals.Normalize(input),
                Output = Decimals.Normalize(output),
                CacheRead = Normalize(own.CacheRead),
                CacheWrite5m = Normalize(own.CacheWrite5m),
                CacheWrite1h = Normalize(own.CacheWrite1h),
            }
            : null;

    private static ToolFeesConfig? ReadFees(PricingSpec own) =>
        own is { WebSearch: null, FileSearch: null }
            ? null
            : new() { WebSearch = Normalize(own.WebSearch), FileSearch = Normalize(own.FileSearch) };

    private static decimal? Normalize(string? text) => Decimals.Read(text) is { } value ? Decimals.Normalize(value) : null;

    /// <summary>What a target's own <c>pricing</c> comes to.</summary>
    private sealed record OwnPrice(string Row, int? MaxOutputTokens, PriceConfig? Price);
}
