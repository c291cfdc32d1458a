using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Contract;
using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Server.Metering;
using Support;

namespace Gateway.Tests.Metering;

public sealed class PriceModelTests
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Gateway.Tests/Metering/cases");

    public static TheoryData<string> Cases() => [.. Directory.GetDirectories(s_cases).Select(path => Path.GetFileName(path)!).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Cost_OfAUsage_IsAsExpected(string name)
    {
        var folder = Path.Combine(s_cases, name);
        using var input = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "input.json")));
        var price = input.RootElement.GetProperty("price").Deserialize<PriceConfig>(ContractJson.Default.ConfigSnapshot.Options)!;
        var usage = input.RootElement.GetProperty("usage").Deserialize(JournalJson.Default.TokenUsage)!;
        var cost = new PriceModel(price).Cost(usage);
        GoldenFile.Difference(Path.Combine(folder, "expected.txt"), $"{cost} = {cost.Nanos} nanos\n").ShouldBeNull();
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("priority", false)]
    [InlineData(null, true)]
    public void Ceiling_OfACall_IsNoLessThanAnySplitOfItCosts(string? tier, bool writesCache)
    {
        var price = new PriceModel(new()
        {
            Name = "p",
            Version = "v",
            Rates = new() { Input = 3, Output = 15, CacheRead = 0.3m, CacheWrite5m = 3.75m, CacheWrite1h = 6 },
            ServiceTiers =
                new Dictionary<string, ServiceTierConfig> { ["priority"] = new() { Multiplier = 2 } }.ToImmutableSortedDictionary(),
        });
        var ceiling = price.Ceiling(900, 100, tier, writesCache);
        for (long cached = 0; cached <= 900; cached += 100)
        {
            var usage = new TokenUsage
            {
                InputUncached = 900 - cached,
                CacheRead = writesCache ? null : cached,
                CacheWrite1h = writesCache ? cached : null,
                Output = 100,
                ServiceTier = tier,
            };
            price.Cost(usage).ShouldBeLessThanOrEqualTo(ceiling);
        }
    }
}
