using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Contract;

namespace Operator.Translate;

/// <summary>Names a price by its figures.</summary>
internal static class PriceVersion
{
    private const int HexDigits = 12;

    /// <summary>
    /// The price with its version, the head of a SHA-256 over its figures, and a name made of row and version: rows of the same model that
    /// hold at different times, or in different files, never meet under one name.
    /// </summary>
    public static PriceConfig Stamp(string row, PriceConfig price)
    {
        var figures = JsonSerializer.SerializeToUtf8Bytes(price with { Name = "", Version = "" }, ContractJson.Default.PriceConfig);
        var version = Convert.ToHexStringLower(SHA256.HashData(figures))[..HexDigits];
        return price with { Name = $"{row}@{version}", Version = version };
    }
}
