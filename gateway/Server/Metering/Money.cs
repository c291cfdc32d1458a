using System.Globalization;
using System.Text.Json.Serialization;

namespace Gateway.Server.Metering;

/// <summary>
/// An amount in billionths of a currency unit: the integer that stands in ledger and counters. Rounded once, half to even, from an exact
/// decimal; never a floating-point number.
/// </summary>
[JsonConverter(typeof(MoneyJsonConverter))]
internal readonly record struct Money(long Nanos) : IComparable<Money>
{
    private const decimal NanosPerUnit = 1_000_000_000m;

    /// <summary>The largest amount that is taken as real: 9,000,000 units, see the limits of a Budget.</summary>
    public static readonly Money Max = new(9_000_000L * 1_000_000_000L);

    public static Money Zero => default;

    /// <summary>Never negative, never above <see cref="Max"/>: an absurd report of usage must not overflow a counter.</summary>
    public static Money FromDecimal(decimal units) => units switch
    {
        <= 0 => Zero,
        >= 9_000_000m => Max,
        _ => new((long)decimal.Round(units * NanosPerUnit, 0, MidpointRounding.ToEven)),
    };

    public decimal ToDecimal() => Nanos / NanosPerUnit;

    public int CompareTo(Money other) => Nanos.CompareTo(other.Nanos);

    /// <summary>As in <c>12.5</c>, without trailing zeros.</summary>
    public override string ToString() => ToDecimal().ToString("0.#########", CultureInfo.InvariantCulture);

    /// <summary>Stays at the end of the range: a provider that reports absurd usage a thousand times must not make calls fail.</summary>
    public static Money operator +(Money a, Money b) => new(long.CreateSaturating((Int128)a.Nanos + b.Nanos));

    public static Money operator -(Money a, Money b) => new(checked(a.Nanos - b.Nanos));

    public static bool operator <(Money a, Money b) => a.Nanos < b.Nanos;

    public static bool operator >(Money a, Money b) => a.Nanos > b.Nanos;

    public static bool operator <=(Money a, Money b) => a.Nanos <= b.Nanos;

    public static bool operator >=(Money a, Money b) => a.Nanos >= b.Nanos;
}
