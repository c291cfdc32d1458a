using System.Globalization;

namespace Operator.Translate;

/// <summary>Decimals as resources write them.</summary>
internal static class Decimals
{
    private const NumberStyles Style = NumberStyles.AllowDecimalPoint;

    /// <summary>False for signs, exponents, white space, separators and what is too large.</summary>
    public static bool TryRead(string text, out decimal value) => decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out value);

    /// <summary>Null where the text is none, or is null.</summary>
    public static decimal? Read(string? text) => text is not null && TryRead(text, out var value) ? value : null;

    /// <summary>Without trailing zeros: <c>2.50</c> and <c>2.5</c> are one price.</summary>
    public static decimal Normalize(decimal value) => value / 1.000000000000000000000000000000000m;
}
