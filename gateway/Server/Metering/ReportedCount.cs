using System.Text.Json;

namespace Gateway.Server.Metering;

/// <summary>Reads counts of tokens as providers report them. Pure.</summary>
internal static class ReportedCount
{
    /// <summary>A billion: no call comes near. What is above is a provider's mistake, and must not use a budget up.</summary>
    public const long Max = 1_000_000_000;

    /// <summary>As <see cref="Max"/>, for uses of a tool in one call.</summary>
    public const long MaxUses = 10_000;

    /// <summary>
    /// Null where there is none. A negative number, a fraction, one above the most and what is no number count as not reported,
    /// and are <paramref name="odd"/>: what is charged instead is an estimate.
    /// </summary>
    /// <param name="reader">On the value; afterwards on its last token.</param>
    /// <param name="odd">Set where something was reported that cannot be; else left as it was.</param>
    /// <param name="most">The largest number that is believed.</param>
    public static long? Read(ref Utf8JsonReader reader, ref bool odd, long most = Max)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType == JsonTokenType.Number
            && reader.TryGetDecimal(out var value) && value >= 0 && value <= most && value == decimal.Truncate(value))
        {
            return (long)value;
        }

        odd = true;
        reader.Skip();
        return null;
    }
}
