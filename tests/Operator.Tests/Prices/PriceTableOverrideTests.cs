using Gateway.Contract;
using Operator.Prices;
using Operator.Translate;

namespace Operator.Tests.Prices;

public sealed class PriceTableOverrideTests
{
    private static readonly DateTimeOffset s_today = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_nextYear = new(2027, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Apply_SameModel_TheOwnRowWins() =>
        Input(PriceTableOverride.Apply(Table("input: 1\n      output: 1"), Table("input: 2\n      output: 2")), "m", s_today).ShouldBe(2);

    [Fact]
    public void Apply_OtherNamesOfTheRow_StayAsTheyWere()
    {
        var merged = PriceTableOverride.Apply(Table("input: 1\n      output: 1", aliases: "[m-2026]"), Table("input: 2\n      output: 2"));
        Input(merged, "m-2026", s_today).ShouldBe(1);
        merged.Entries.Select(e => e.Price.Name).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public void Apply_OwnRowTakesEffectLater_TheOldOneHoldsUntilThen()
    {
        var merged = PriceTableOverride.Apply(Table("input: 1\n      output: 1"), Table("input: 2\n      output: 2\n      effectiveFrom: 2027-01-01"));
        Input(merged, "m", s_today).ShouldBe(1);
        Input(merged, "m", s_nextYear).ShouldBe(2);
    }

    [Fact]
    public void Apply_TheTableKnowsALaterPrice_TheOwnRowStillWins()
    {
        var merged = PriceTableOverride.Apply(
            Table("input: 1\n      output: 1\n      effectiveFrom: 2027-01-01"), Table("input: 2\n      output: 2"));
        Input(merged, "m", s_nextYear).ShouldBe(2);
    }

    private static decimal Input(PriceTable table, string model, DateTimeOffset at) =>
        table.Find(Provider.OpenAI, null, model, at).ShouldNotBeNull().Price.Rates.Input;

    private static PriceTable Table(string rates, string aliases = "[]")
    {
        using var reader = new StringReader(PriceTables.OneRow(rates, aliases));
        return PriceTableReader.Read(reader).Table.ShouldNotBeNull();
    }
}
