using Operator.Api;

namespace Operator.Tests.Api;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("128", 128)]
    [InlineData("500m", 0.5)]
    [InlineData("1.5Gi", 1_610_612_736)]
    [InlineData("1G", 1e9)]
    [InlineData("3Ei", 3_458_764_513_820_540_928)]
    public void A_quantity_is_a_number_and_a_unit(string text, double amount) => Quantity.Parse(text).ShouldBe(amount);

    [Theory]
    [InlineData("")]
    [InlineData("Gi")]
    [InlineData("1 Gi")]
    [InlineData("1K")]
    [InlineData("-1Gi")]
    public void What_is_none_is_told(string text) => Quantity.Parse(text).ShouldBeNull();
}
