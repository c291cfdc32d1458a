using Gateway.Contract;

namespace Operator.Translate;

/// <summary>When time alone changes what a translation comes to.</summary>
internal static class NextChange
{
    /// <summary>The first such moment; null where there is none.</summary>
    public static DateTimeOffset? After(DateTimeOffset now, ConfigSnapshot? config, PriceBook prices)
    {
        var first = Sooner(null, prices.NextChange);
        foreach (var key in config?.Keys ?? [])
        {
            first = Sooner(first, key.ExpirationTime);
            foreach (var hash in key.Hashes)
                first = Sooner(first, hash.ExpirationTime);
        }

        return first;

        DateTimeOffset? Sooner(DateTimeOffset? one, DateTimeOffset? other) => !(other > now) || one <= other ? one : other;
    }
}
