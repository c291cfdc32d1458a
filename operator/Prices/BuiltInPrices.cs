using Operator.Translate;

namespace Operator.Prices;

/// <summary>The price table that the operator ships, <c>prices.yaml</c> beside this file.</summary>
internal static class BuiltInPrices
{
    private const string Resource = "prices.yaml";

    /// <summary>
    /// The table. Throws <see cref="InvalidOperationException"/> when the shipped file is wrong: a build with it is a bug.
    /// </summary>
    public static PriceTable Load()
    {
        using var stream = typeof(BuiltInPrices).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"the assembly has no resource {Resource}");
        using var reader = new StreamReader(stream);
        var result = PriceTableReader.Read(reader);
        return result.Table ?? throw new InvalidOperationException($"{Resource}: {string.Join("; ", result.Problems)}");
    }
}
