using Gateway.Contract;

namespace Contract.Tests;

public sealed class ModelPatternTests
{
    [Theory]
    [InlineData("gpt", "gpt", true)]
    [InlineData("gpt", "GPT", false)]
    [InlineData("gpt", "gpt-4", false)]
    [InlineData("gpt-*", "gpt-4", true)]
    [InlineData("gpt-*", "gpt-", true)]
    [InlineData("gpt-*", "gpt", false)]
    [InlineData("gpt-*", "my-gpt-4", false)]
    [InlineData("*-latest", "claude-latest", true)]
    [InlineData("*-latest", "claude-latest-2", false)]
    [InlineData("*", "anything/at:all", true)]
    [InlineData("openai/*", "openai/gpt-4", true)]
    [InlineData("gpt.4", "gptx4", false)]
    public void Matches_NamesUnderThePattern(string pattern, string name, bool expected) => Parse(pattern).Matches(name).ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("**")]
    [InlineData("a*b")]
    [InlineData("*a*")]
    [InlineData("a**")]
    [InlineData("**a")]
    public void TryParse_AnyOtherStar_IsNoPattern(string text) => ModelPattern.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("gpt-4")]
    [InlineData("gpt-*")]
    [InlineData("*-latest")]
    [InlineData("*")]
    public void ToString_IsAsItWasWritten(string text) => Parse(text).ToString().ShouldBe(text);

    [Fact]
    public void Specificity_ExactBeatsTheLongestPrefixOrSuffixWhichBeatsTheStar() =>
        new[] { "*", "gpt-*", "*o-mini", "gpt-4*", "gpt-4o-mini" }
            .OrderByDescending(t => Parse(t).Specificity)
            .ShouldBe(["gpt-4o-mini", "*o-mini", "gpt-4*", "gpt-*", "*"]);

    private static ModelPattern Parse(string text)
    {
        ModelPattern.TryParse(text, out var pattern).ShouldBeTrue();
        return pattern;
    }
}
