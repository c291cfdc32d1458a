using System.Collections.Immutable;
using Operator.Translate;

namespace Operator.Prices;

/// <summary>Lays a table of one's own over another. Pure.</summary>
internal static class PriceTableOverride
{
    /// <summary>
    /// Both tables, where <paramref name="own"/> alone prices a model of a provider or host from the day on which its first row of it takes
    /// effect. Other names of the same row stay as they were.
    /// </summary>
    public static PriceTable Apply(PriceTable table, PriceTable own)
    {
        var firstDay = own.Entries
            .SelectMany(e => e.Models, (e, model) => (Key: KeyOf(e, model), e.EffectiveFrom))
            .GroupBy(e => e.Key)
            .ToDictionary(g => g.Key, g => g.Min(e => e.EffectiveFrom));
        var kept =
            from entry in table.Entries
            let models = entry.Models
                .Where(m => !firstDay.TryGetValue(KeyOf(entry, m), out var day) || entry.EffectiveFrom < day)
                .ToImmutableArray()
            where models.Length > 0
            select entry with { Models = models };
        return new PriceTable { Entries = [.. kept, .. own.Entries] };
    }

    private static (Gateway.Contract.Provider Provider, string? Host, string Model) KeyOf(PriceEntry entry, string model) =>
        (entry.Provider, entry.Host?.ToLowerInvariant(), model);
}
