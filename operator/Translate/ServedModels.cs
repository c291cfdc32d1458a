using System.Collections.Immutable;
using Gateway.Contract;

namespace Operator.Translate;

/// <summary>The names that the routes of a gateway serve. Asked for each model of each key, so names are found without a search.</summary>
internal sealed class ServedModels
{
    private readonly ImmutableSortedSet<string> _exact;
    private readonly ImmutableArray<string> _patterns;
    private readonly Dictionary<string, bool> _isServed = new(StringComparer.Ordinal);

    public ServedModels(IEnumerable<RouteConfig> routes)
    {
        var names = routes.SelectMany(r => r.Aliases.Add(r.Model)).ToLookup(IsPattern);
        _exact = names[false].ToImmutableSortedSet(StringComparer.Ordinal);
        _patterns = [.. names[true]];
    }

    /// <summary>Whether a route serves the model; for a pattern whether one serves any name under it.</summary>
    public bool Serve(string model)
    {
        if (!_isServed.TryGetValue(model, out var isServed))
            _isServed[model] = isServed = IsAnyExactUnder(model) || _patterns.Any(p => ModelCover.Overlaps(p, model));
        return isServed;
    }

    /// <summary>The names that begin as the pattern does stand together.</summary>
    private bool IsAnyExactUnder(string pattern)
    {
        if (!IsPattern(pattern))
            return _exact.Contains(pattern);
        if (!pattern.EndsWith('*'))
            return _exact.Any(n => ModelCover.Overlaps(n, pattern));
        var start = pattern[..^1];
        var index = _exact.IndexOf(start);
        return index >= 0 || (~index < _exact.Count && _exact[~index].StartsWith(start, StringComparison.Ordinal));
    }

    private static bool IsPattern(string name) => name.Contains('*', StringComparison.Ordinal);
}
