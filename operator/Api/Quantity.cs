using System.Globalization;

namespace Operator.Api;

/// <summary>
/// An amount as Kubernetes writes it: a number and a unit, as 500m or 2Gi.
/// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
/// </summary>
internal static class Quantity
{
    /// <summary>The amount, rounded to what a double can hold. Null: the text is none.</summary>
    public static double? Parse(string text)
    {
        var digits = text.AsSpan().TrimEnd("mkMGTPEi");
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return null;
        return text[digits.Length..] switch
        {
            "" => number,
            "m" => number / 1e3,
            "k" => number * 1e3,
            "M" => number * 1e6,
            "G" => number * 1e9,
            "T" => number * 1e12,
            "P" => number * 1e15,
            "E" => number * 1e18,
            "Ki" => number * (1L << 10),
            "Mi" => number * (1L << 20),
            "Gi" => number * (1L << 30),
            "Ti" => number * (1L << 40),
            "Pi" => number * (1L << 50),
            "Ei" => number * (1L << 60),
            _ => null,
        };
    }
}
