using System.Globalization;
using Gateway.Server.Metering;

namespace Gateway.Tests.Metering;

public sealed class MoneyTests
{
    [Theory]
    [InlineData("0.0000000005", 0)]
    [InlineData("0.0000000015", 2)]
    [InlineData("0.0000000025", 2)]
    [InlineData("0.00000000250000000001", 3)]
    [InlineData("12.5", 12_500_000_000)]
    [InlineData("-1", 0)]
    [InlineData("8999999.9999999999", 9_000_000_000_000_000)]
    [InlineData("79228162514264337593543950335", 9_000_000_000_000_000)]
    public void FromDecimal_RoundsHalfToEven_WithinItsBounds(string units, long nanos) =>
        Money.FromDecimal(decimal.Parse(units, CultureInfo.InvariantCulture)).Nanos.ShouldBe(nanos);

    [Theory]
    [InlineData(0, "0")]
    [InlineData(12_500_000_000, "12.5")]
    [InlineData(1, "0.000000001")]
    [InlineData(-1, "-0.000000001")]
    public void ToString_HasNoTrailingZeros(long nanos, string text) => new Money(nanos).ToString().ShouldBe(text);

    [Fact]
    public void Add_BeyondALong_StaysAtItsEnd() => (new Money(long.MaxValue) + Money.Max).ShouldBe(new(long.MaxValue));
}
