using System.Globalization;
using Gateway.Contract;
using Operator.Translate;

namespace Operator.Tests.Translate;

public sealed class PriceTableTests
{
    private static readonly PriceTable s_table = new()
    {
        Entries =
        [
            Entry(Provider.OpenAI, null, "2026-01-01", "old"),
            Entry(Provider.OpenAI, null, "2026-06-01", "new"),
            Entry(Provider.OpenAI, "proxy.example.com", "2026-01-01", "proxy"),
            Entry(Provider.OpenAICompatible, null, "2026-01-01", "nobody"),
        ],
    };

    [Theory]
    [InlineData("2025-12-31", null)]
    [InlineData("2026-01-01", "old")]
    [InlineData("2026-05-31", "old")]
    [InlineData("2026-06-01", "new")]
    public void Find_Date_GivesTheRowInForce(string at, string? name) => Find(Provider.OpenAI, null, "m", at).ShouldBe(name);

    [Theory]
    [InlineData("proxy.example.com", "proxy")]
    [InlineData("PROXY.example.com", "proxy")]
    [InlineData("other.example.com", "new")]
    public void Find_Host_GivesItsRowBeforeTheProvidersOwn(string host, string name) => Find(Provider.OpenAI, host, "m").ShouldBe(name);

    [Theory]
    [InlineData("M")]
    [InlineData("m-mini")]
    [InlineData("")]
    public void Find_OtherName_IsNotPriced(string model) => Find(Provider.OpenAI, null, model).ShouldBeNull();

    [Fact]
    public void Find_CompatibleServerWithoutRow_IsNotPriced() => Find(Provider.OpenAICompatible, "h.example.com", "m").ShouldBeNull();

    private static string? Find(Provider provider, string? host, string model, string at = "2026-11-01") =>
        s_table.Find(provider, host, model, Date(at))?.Price.Name;

    private static PriceEntry Entry(Provider provider, string? host, string from, string name) => new()
    {
        Provider = provider,
        Host = host,
        Models = ["m", "m-2026"],
        EffectiveFrom = Date(from),
        Price = new() { Name = name, Version = "v", Rates = new() { Input = 1, Output = 1 } },
        Source = "made up",
        SourceDate = new(2026, 1, 1),
    };

    private static DateTimeOffset Date(string day) => DateTimeOffset.Parse(day + "T00:00:00Z", CultureInfo.InvariantCulture);
}
