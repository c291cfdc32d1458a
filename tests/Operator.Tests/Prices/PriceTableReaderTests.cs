using System.Text.Json;
using Gateway.Contract;
using Operator.Prices;
using Operator.Translate;
using Support;

namespace Operator.Tests.Prices;

public sealed class PriceTableReaderTests
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Prices/cases");

    public static TheoryData<string> Cases() => [.. Directory.GetDirectories(s_cases).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_Case_SaysWhatIsExpected(string name)
    {
        using var yaml = new StreamReader(Path.Combine(s_cases, name, "input.yaml"));
        var result = PriceTableReader.Read(yaml);
        var lines = result.Table is { } table
            ? table.Entries.SelectMany(Lines)
            : result.Problems.Select(p => p.ToString());
        GoldenFile.Difference(Path.Combine(s_cases, name, "expected.txt"), string.Join('\n', lines) + '\n').ShouldBeNull();
    }

    [Fact]
    public void Read_BadTable_GivesNoTable() => Read("providers: []").Table.ShouldBeNull();

    [Fact]
    public void Read_SameFiguresWrittenOtherwise_HaveTheSameVersion() =>
        Version("input: 2.50\n      output: 10").ShouldBe(Version("output: 10.000\n      input: \"2.5\""));

    [Fact]
    public void Read_AnotherDayOfReading_KeepsTheVersion() =>
        Version("input: 1\n      output: 2", asOf: "2026-01-01").ShouldBe(Version("input: 1\n      output: 2", asOf: "2026-02-02"));

    [Fact]
    public void Read_AnotherFigure_HasAnotherVersion() =>
        Version("input: 1\n      output: 2").ShouldNotBe(Version("input: 1\n      output: 2.01"));

    private static string[] Lines(PriceEntry entry) =>
    [
        $"{entry.Provider} at {entry.Host ?? "its own API"}: {string.Join(", ", entry.Models)}",
        $"  from {entry.EffectiveFrom:yyyy-MM-dd}, read {entry.SourceDate:yyyy-MM-dd} at {entry.Source}",
        $"  {JsonSerializer.Serialize(entry.Price, ContractJson.Default.PriceConfig)}",
    ];

    private static string Version(string rates, string asOf = "2026-01-01") =>
        Read(PriceTables.OneRow(rates, asOf: asOf)).Table.ShouldNotBeNull().Entries[0].Price.Version;

    private static PriceTableResult Read(string yaml)
    {
        using var reader = new StringReader(yaml);
        return PriceTableReader.Read(reader);
    }
}
