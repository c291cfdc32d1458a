using Gateway.Server.Metering;

namespace Gateway.Tests.Metering;

public sealed class UsageEstimateTests
{
    private static readonly PriceModel s_cheap = Price(input: 1, output: 2, maxOutputTokens: 1000);
    private static readonly PriceModel s_dearOutput = Price(input: 1, output: 20, maxOutputTokens: 100);
    private static readonly PriceModel s_dearInput = Price(input: 8, output: 1, maxOutputTokens: null);

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 1)]
    [InlineData(3, 0, 1)]
    [InlineData(4, 0, 2)]
    [InlineData(0, 2, 3200)]
    [InlineData(10, 1, 1604)]
    [InlineData(-10, -1, 0)]
    public void PromptTokens_OfBytesAndImages_AreRoundedUp(long bytes, int images, long tokens) =>
        UsageEstimate.PromptTokens(bytes, images).ShouldBe(tokens);

    [Theory]
    [InlineData(500L, 1000, 500)]
    [InlineData(5000L, 1000, 1000)]
    [InlineData(5000L, null, 5000)]
    [InlineData(null, 1000, 1000)]
    [InlineData(null, 8000, 4096)]
    [InlineData(null, null, 4096)]
    [InlineData(0L, 1000, 0)]
    [InlineData(-7L, 1000, 0)]
    [InlineData(long.MaxValue, null, TokenUsage.MaxCount)]
    public void OutputCap_OfRequestAndModel_IsTheLower(long? limit, int? maximum, long cap) =>
        UsageEstimate.OutputCap(limit, maximum, 4096).ShouldBe(cap);

    [Fact]
    public void Ceiling_SeveralCandidates_TakesTheDearestForEachFigure()
    {
        var ceiling = UsageEstimate.Ceiling(Call(choices: 1), [s_cheap, s_dearOutput, s_dearInput]);

        // 1,000 × 1 + 1,000 × 2, 1,000 × 1 + 100 × 20, 1,000 × 8 + 2,000 × 1
        ceiling.Cost.ShouldBe(Money.FromDecimal(0.01m));
        ceiling.PromptCost.ShouldBe(Money.FromDecimal(0.008m));
        (ceiling.Tokens, ceiling.PromptTokens).ShouldBe((3000, 1000));
    }

    [Fact]
    public void Ceiling_SeveralChoices_PayThePromptOnce()
    {
        var ceiling = UsageEstimate.Ceiling(Call(choices: 3), [s_cheap]);
        ceiling.Cost.ShouldBe(Money.FromDecimal(0.001m + 3 * 0.002m));
        ceiling.Tokens.ShouldBe(4000);
    }

    [Fact]
    public void Ceiling_CandidateWithoutAPrice_HasTokensAndNoCost()
    {
        var ceiling = UsageEstimate.Ceiling(Call(choices: 1), [null]);
        (ceiling.Cost, ceiling.Tokens).ShouldBe((Money.Zero, 3000));
    }

    [Fact]
    public void Ceiling_AbsurdRequest_IsAtMostTheLargestAmount() =>
        UsageEstimate.Ceiling(
            new() { PromptTokens = long.MaxValue / 4, OutputLimit = long.MaxValue, Choices = int.MaxValue, AssumedOutputTokens = 1 },
            [s_dearInput]).Cost.ShouldBe(Money.Max);

    private static CallShape Call(int choices) =>
        new() { PromptTokens = 1000, OutputLimit = 2000, Choices = choices, AssumedOutputTokens = 4096 };

    private static PriceModel Price(decimal input, decimal output, int? maxOutputTokens) => new(new()
    {
        Name = "p", Version = "v", Rates = new() { Input = input, Output = output }, MaxOutputTokens = maxOutputTokens,
    });
}
