using Gateway.Contract;

namespace Operator.Translate;

/// <summary>When time alone changes what a translation comes to.</summary>
internal static class NextChange
{
    /// <summary>The first such moment; null where there is none.</summary>
    public static DateTimeOffset? After(DateTimeOffset now, ConfigSnapshot? config, PriceBook prices) => (config?.Keys ?? [])
        .SelectMany(k => k.Hashes.Select(h => h.ExpirationTime).Append(k.ExpirationTime))
        .Append(prices.NextChange)
        .Where(t => t > now)
        .Min();
}
