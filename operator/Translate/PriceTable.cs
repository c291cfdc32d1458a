using System.Collections.Immutable;
using Gateway.Contract;

namespace Operator.Translate;

/// <summary>Published prices. What is not in it has no price, which is not zero.</summary>
internal sealed record PriceTable
{
    /// <summary>Knows no price.</summary>
    public static PriceTable Empty { get; } = new() { Entries = [] };

    /// <summary>In any order.</summary>
    public required ImmutableArray<PriceEntry> Entries { get; init; }

    /// <summary>
    /// The row in force: of those with the model's exact name and a fitting host, one with a host before one without, then the one that
    /// took effect last. Null where there is none.
    /// </summary>
    /// <param name="provider">Whose API the target speaks.</param>
    /// <param name="host">Host of its base URL; null: the provider's own.</param>
    /// <param name="upstreamModel">The model's name there; compared ordinally, never by pattern.</param>
    /// <param name="at">Rows that take effect later are passed over.</param>
    public PriceEntry? Find(Provider provider, string? host, string upstreamModel, DateTimeOffset at) =>
        InForce(provider, host, at).FirstOrDefault(e => e.Models.Contains(upstreamModel, StringComparer.Ordinal));

    /// <summary>As <see cref="Find"/>, for every model that falls under one of the patterns.</summary>
    public IEnumerable<(string Model, PriceConfig Price)> FindAll(
        Provider provider, string? host, ImmutableArray<ModelPattern> patterns, DateTimeOffset at) =>
        InForce(provider, host, at)
            .SelectMany(e => e.Models, (e, model) => (Model: model, e.Price))
            .Where(m => patterns.Any(p => p.Matches(m.Model)))
            .DistinctBy(m => m.Model, StringComparer.Ordinal);

    private IEnumerable<PriceEntry> InForce(Provider provider, string? host, DateTimeOffset at) => Entries
        .Where(e => e.Provider == provider && e.EffectiveFrom <= at && e.IsFor(host))
        .OrderByDescending(e => e.Host is not null)
        .ThenByDescending(e => e.EffectiveFrom);

    /// <summary>When a row for one of the wanted models takes effect next; null: never.</summary>
    public DateTimeOffset? NextChange(Provider provider, string? host, Func<string, bool> isWanted, DateTimeOffset after) => Entries
        .Where(e => e.Provider == provider && e.EffectiveFrom > after && e.IsFor(host) && e.Models.Any(isWanted))
        .Min(e => (DateTimeOffset?)e.EffectiveFrom);
}

/// <summary>One row: what one model costs from a day on.</summary>
internal sealed record PriceEntry
{
    /// <summary>Whose API serves it.</summary>
    public required Provider Provider { get; init; }

    /// <summary>
    /// Host of the server, as <c>api.groq.com</c>. Null: the provider's own, which also prices a target of that provider whose base URL
    /// leads elsewhere (a proxy); never so with <see cref="Provider.OpenAICompatible"/>, which is nobody's own.
    /// </summary>
    public string? Host { get; init; }

    /// <summary>The model's name and its synonyms, as dated snapshots.</summary>
    public required ImmutableArray<string> Models { get; init; }

    /// <summary>The first moment at which it holds.</summary>
    public required DateTimeOffset EffectiveFrom { get; init; }

    /// <summary>The price. Its name and version are stable: the same figures have the same version.</summary>
    public required PriceConfig Price { get; init; }

    /// <summary>Where the figures come from.</summary>
    public required string Source { get; init; }

    /// <summary>When they were read there.</summary>
    public required DateOnly SourceDate { get; init; }

    internal bool IsFor(string? host) =>
        Host is null ? Provider != Provider.OpenAICompatible : string.Equals(Host, host, StringComparison.OrdinalIgnoreCase);
}
