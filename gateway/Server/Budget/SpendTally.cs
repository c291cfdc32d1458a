using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Server.Budget;

/// <summary>Adds rows up in groups. Pure.</summary>
internal sealed class SpendTally(ImmutableArray<SpendDimension> groupBy)
{
    private static readonly string?[] s_noTag = [null];

    private readonly Dictionary<Group, SpendSum> _groups = [];
    private SpendSum _total = SpendSum.Nothing;

    public int Groups => _groups.Count;

    public void Add(LedgerRow row)
    {
        _total = _total.With(row);
        if (groupBy.IsEmpty)
            return;
        foreach (var tag in TagsOf(row))
        {
            var group = new Group([.. groupBy.Select(d => d.Kind == DimensionKind.Tag ? tag : ValueOf(row, d))]);
            _groups[group] = _groups.GetValueOrDefault(group, SpendSum.Nothing).With(row);
        }
    }

    public SpendReport Report() => new(
        [.. _groups.Select(g => new SpendGroup([.. g.Key.Values], g.Value)).Order(SpendGroup.ByValues)], _total);

    private IEnumerable<string?> TagsOf(LedgerRow row)
    {
        if (row.Facts.Tags.IsDefaultOrEmpty || groupBy.All(d => d.Kind != DimensionKind.Tag))
            return s_noTag;
        return row.Facts.Tags.Distinct(StringComparer.Ordinal);
    }

    private static string? ValueOf(LedgerRow row, SpendDimension dimension) => dimension.Kind switch
    {
        DimensionKind.Hour => Text(row.StartedAt, "yyyy-MM-dd'T'HH':00:00Z'"),
        DimensionKind.Day => Text(row.StartedAt, "yyyy-MM-dd"),
        DimensionKind.Key => row.Key,
        DimensionKind.Model => row.Model,
        DimensionKind.Route => row.Route,
        DimensionKind.Provider => row.Settlement?.Provider,
        DimensionKind.Status => row.Status.ToString(),
        DimensionKind.EndUser => row.Facts.EndUser,
        DimensionKind.Attribution => row.Facts.Attribution.GetValueOrDefault(dimension.Attribution!),
        _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "is no value of a row"),
    };

    private static string Text(DateTimeOffset instant, string format) =>
        instant.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);

    private readonly record struct Group(string?[] Values)
    {
        public bool Equals(Group other) => Values.AsSpan().SequenceEqual(other.Values);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            foreach (var value in Values)
                hash.Add(value, StringComparer.Ordinal);
            return hash.ToHashCode();
        }
    }
}
