using Gateway.Contract;
using Operator.Prices;
using Operator.Translate;

namespace Operator.Tests.Prices;

public sealed class BuiltInPricesTests
{
    private static readonly PriceTable s_table = BuiltInPrices.Load();
    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Load_EveryRow_HasSourceAndDate()
    {
        s_table.Entries.ShouldNotBeEmpty();
        s_table.Entries.ShouldAllBe(e => e.Source.StartsWith("https://", StringComparison.Ordinal));
        s_table.Entries.ShouldAllBe(e => e.SourceDate > new DateOnly(2025, 1, 1) && e.SourceDate <= new DateOnly(2026, 11, 21));
    }

    [Fact]
    public void Load_EveryModel_HasOneRowPerDay() => s_table.Entries
        .SelectMany(e => e.Models, (e, model) => (e.Provider, e.Host, model, e.EffectiveFrom))
        .ShouldBeUnique();

    [Fact]
    public void Load_EveryPriceName_MeansOnePrice() => s_table.Entries
        .Select(e => e.Price)
        .GroupBy(p => p.Name)
        .ShouldAllBe(g => g.All(p => p == g.First()));

    [Fact]
    public void Load_EveryTable_IsAcceptedByTheGateway() => SnapshotValidator.Validate(new ConfigSnapshot
    {
        SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
        Gateway = "uid",
        Revision = 1,
        Hash = "",
        Object = new ObjectReference { Kind = "LlmGateway", Namespace = "default", Name = "gateway" },
        Settings = new SettingsConfig(),
        Prices = [.. s_table.Entries.Select(e => e.Price).DistinctBy(p => p.Name)],
    }).ShouldBeEmpty();

    /// <summary>A slip of a column: reading a cache is cheaper than not having one, writing it is not, and answers are dearer than prompts.</summary>
    [Fact]
    public void Load_EveryRate_StandsInItsColumn() => s_table.Entries
        .SelectMany(e => AllRates(e.Price), (e, rates) => (e.Price.Name, Rates: rates))
        .Where(x => x.Rates.CacheRead >= x.Rates.Input
            || x.Rates.CacheWrite5m < x.Rates.Input
            || x.Rates.CacheWrite1h <= x.Rates.CacheWrite5m
            || (x.Rates.Output > 0 && x.Rates.Output < x.Rates.Input)
            || x.Rates.AudioInput <= x.Rates.Input
            || x.Rates.AudioOutput <= x.Rates.Output)
        .ShouldBeEmpty();

    [Theory]
    [InlineData("gpt-4o", "2.50", "10.00", "1.25")]
    [InlineData("gpt-4o-2024-08-06", "2.50", "10.00", "1.25")]
    [InlineData("gpt-4o-2024-05-13", "5.00", "15.00", null)]
    [InlineData("gpt-4.1-nano", "0.10", "0.40", "0.025")]
    [InlineData("o3", "2.00", "8.00", "0.50")]
    [InlineData("gpt-5-mini", "0.25", "2.00", "0.025")]
    [InlineData("gpt-5.6-sol", "4.00", "20.00", "0.40")]
    [InlineData("gpt-6.2-sol", "2.00", "10.00", "0.10")]
    [InlineData("text-embedding-3-small", "0.02", "0", null)]
    [InlineData("text-embedding-ada-002", "0.10", "0", null)]
    public void Find_OpenAIModel_HasItsPublishedPrice(string model, string input, string output, string? cacheRead)
    {
        var rates = Rates(Provider.OpenAI, null, model);
        rates.Input.ShouldBe(Figure(input));
        rates.Output.ShouldBe(Figure(output));
        rates.CacheRead.ShouldBe(cacheRead is null ? null : Figure(cacheRead));
    }

    [Theory]
    [InlineData("claude-sonnet-4-20250514", "3", "15", "0.30", "3.75", "6.00")]
    [InlineData("claude-sonnet-4-6", "3", "15", "0.30", "3.75", "6.00")]
    [InlineData("claude-opus-4-20250514", "15", "75", "1.50", "18.75", "30")]
    [InlineData("claude-opus-5-5", "4", "20", "0.20", "5", "8")]
    [InlineData("claude-haiku-5-5", "0.10", "0.50", "0.01", "0.125", "0.20")]
    [InlineData("claude-3-haiku-20240307", "0.25", "1.25", "0.03", "0.30", "0.50")]
    public void Find_AnthropicModel_HasItsPublishedPrice(
        string model, string input, string output, string cacheRead, string cacheWrite5m, string cacheWrite1h) =>
        Rates(Provider.Anthropic, null, model).ShouldBe(new RatesConfig
        {
            Input = Figure(input),
            Output = Figure(output),
            CacheRead = Figure(cacheRead),
            CacheWrite5m = Figure(cacheWrite5m),
            CacheWrite1h = Figure(cacheWrite1h),
        });

    [Fact]
    public void Find_LargePrompt_HasItsTier()
    {
        var price = Find(Provider.Anthropic, null, "claude-haiku-5-5")!.Price;
        var tier = price.Tiers.ShouldHaveSingleItem();
        tier.AboveInputTokens.ShouldBe(100_000);
        tier.Rates.Output.ShouldBe(2.50m);
        price.MaxOutputTokens.ShouldBe(128_000);
    }

    [Fact]
    public void Find_FastMode_HasTheRatesOfBothItsNames()
    {
        var tiers = Find(Provider.OpenAI, null, "gpt-4o-mini")!.Price.ServiceTiers;
        tiers["fast"].ShouldBe(tiers["priority"]);
        tiers["fast"].Rates!.CacheRead.ShouldBe(0.125m);
    }

    /// <summary>Upstream names in LiteLLM set-ups that people bring along.</summary>
    [Theory]
    [InlineData(Provider.OpenAI, null, "gpt-3.5-turbo")]
    [InlineData(Provider.OpenAI, null, "gpt-4")]
    [InlineData(Provider.OpenAI, null, "gpt-4-turbo")]
    [InlineData(Provider.OpenAI, null, "gpt-4.1")]
    [InlineData(Provider.OpenAI, null, "gpt-4o")]
    [InlineData(Provider.OpenAI, null, "gpt-4o-mini")]
    [InlineData(Provider.OpenAI, null, "o3")]
    [InlineData(Provider.OpenAI, null, "text-embedding-3-small")]
    [InlineData(Provider.OpenAI, null, "text-embedding-ada-002")]
    [InlineData(Provider.Anthropic, null, "claude-sonnet-4-20250514")]
    [InlineData(Provider.Anthropic, null, "claude-opus-4-20250514")]
    [InlineData(Provider.Anthropic, null, "claude-4-sonnet")]
    [InlineData(Provider.Anthropic, null, "claude-4-opus")]
    [InlineData(Provider.Anthropic, null, "claude-3-5-sonnet")]
    [InlineData(Provider.Anthropic, null, "claude-3.5-sonnet")]
    [InlineData(Provider.Anthropic, null, "claude-3.5-haiku")]
    [InlineData(Provider.Anthropic, null, "claude-3-opus")]
    [InlineData(Provider.Anthropic, null, "claude-3-haiku")]
    [InlineData(Provider.OpenAICompatible, "generativelanguage.googleapis.com", "gemini-2.5-pro")]
    [InlineData(Provider.OpenAICompatible, "generativelanguage.googleapis.com", "gemini-2.5-flash")]
    [InlineData(Provider.OpenAICompatible, "generativelanguage.googleapis.com", "gemini-2.0-flash")]
    [InlineData(Provider.OpenAICompatible, "api.together.xyz", "meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo")]
    [InlineData(Provider.OpenAICompatible, "api.together.xyz", "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo")]
    public void Find_ModelOfAKnownSetUp_HasAPrice(Provider provider, string? host, string model) =>
        Find(provider, host, model).ShouldNotBeNull();

    [Theory]
    [InlineData(Provider.OpenAI, null, "llama3.2")]
    [InlineData(Provider.OpenAI, null, "claude-sonnet-4-6")]
    [InlineData(Provider.OpenAICompatible, "localhost", "gpt-4o")]
    [InlineData(Provider.OpenAICompatible, "api.groq.com", "gpt-4o")]
    [InlineData(Provider.OpenAICompatible, "generativelanguage.googleapis.com", "gemini-pro")]
    public void Find_ModelOfAnotherServer_HasNone(Provider provider, string? host, string model) =>
        Find(provider, host, model).ShouldBeNull();

    [Theory]
    [InlineData(Provider.OpenAICompatible)]
    [InlineData(Provider.OpenAI)]
    [InlineData(Provider.Anthropic)]
    public void Find_KnownHost_PricesEveryDialectAlike(Provider provider) =>
        Rates(provider, "api.mistral.ai", "mistral-large-2512").Input.ShouldBe(0.50m);

    [Theory]
    [InlineData(Provider.OpenAI, null, "gpt-6.2-sol", "10", "2.5")]
    [InlineData(Provider.OpenAI, null, "gpt-4o-search-preview", "25", "2.5")]
    [InlineData(Provider.Anthropic, null, "claude-sonnet-5-5", "10", null)]
    [InlineData(Provider.OpenAICompatible, "api.x.ai", "grok-4.6", "5", "2.5")]
    public void Find_ModelWithToolsOfItsProvider_HasTheirFees(
        Provider provider, string? host, string model, string webSearch, string? fileSearch)
    {
        var fees = Find(provider, host, model).ShouldNotBeNull().Price.ToolFees.ShouldNotBeNull();
        fees.WebSearch.ShouldBe(Figure(webSearch));
        fees.FileSearch.ShouldBe(fileSearch is null ? null : Figure(fileSearch));
    }

    [Theory]
    [InlineData("2026-10-06T23:59:59Z", "0.20")]
    [InlineData("2026-10-07T00:00:00Z", "0.10")]
    public void Find_PriceThatChanged_IsTheOneInForce(string at, string cacheRead) =>
        s_table.Find(Provider.Anthropic, null, "claude-sonnet-5-5", DateTimeOffset.Parse(at, null))!.Price.Rates.CacheRead
            .ShouldBe(Figure(cacheRead));

    private static PriceEntry? Find(Provider provider, string? host, string model) => s_table.Find(provider, host, model, s_now);

    private static RatesConfig Rates(Provider provider, string? host, string model) =>
        Find(provider, host, model).ShouldNotBeNull().Price.Rates;

    private static IEnumerable<RatesConfig> AllRates(PriceConfig price) =>
        price.Tiers.Concat(price.ServiceTiers.Values.SelectMany(t => t.Tiers ?? [])).Select(t => t.Rates)
        .Concat(price.ServiceTiers.Values.Select(t => t.Rates).OfType<RatesConfig>())
        .Prepend(price.Rates);

    private static decimal Figure(string text) => decimal.Parse(text, null);
}
