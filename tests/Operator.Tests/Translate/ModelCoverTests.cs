using Gateway.Contract;
using Operator.Translate;

namespace Operator.Tests.Translate;

public sealed class ModelCoverTests
{
    /// <summary>All texts of up to three characters over a small alphabet: what patterns say of names can be counted out.</summary>
    private static readonly string[] s_names = [.. Words(3, "ab")];

    private static readonly string[] s_patterns = [.. Words(2, "ab").SelectMany(w => new[] { w, w + "*", "*" + w }), "*"];

    [Fact]
    public void Covers_AnyTwoPatterns_NeverPromisesANameThatTheOuterDoesNotMatch()
    {
        foreach (var outer in s_patterns)
        {
            foreach (var inner in s_patterns.Where(p => ModelCover.Covers(outer, p)))
                s_names.Where(n => Matches(inner, n)).ShouldAllBe(n => Matches(outer, n), $"{outer} covers {inner}");
        }
    }

    [Fact]
    public void Covers_OuterMatchesEveryNameOfTheInner_IsTrue()
    {
        ModelCover.Covers("gpt-*", "gpt-5").ShouldBeTrue();
        ModelCover.Covers("gpt-*", "gpt-5*").ShouldBeTrue();
        ModelCover.Covers("*-mini", "*5-mini").ShouldBeTrue();
        ModelCover.Covers("*", "*-mini").ShouldBeTrue();
        ModelCover.Covers("gpt-*", "*").ShouldBeFalse();
        ModelCover.Covers("gpt-*", "*gpt-").ShouldBeFalse();
    }

    [Fact]
    public void Overlaps_ANameThatBothMatch_IsTrue()
    {
        foreach (var one in s_patterns)
        {
            foreach (var other in s_patterns.Where(p => s_names.Any(n => Matches(one, n) && Matches(p, n))))
                ModelCover.Overlaps(one, other).ShouldBeTrue($"{one} and {other}");
        }
    }

    [Theory]
    [InlineData("gpt-*", "claude-*")]
    [InlineData("gpt-*", "claude")]
    [InlineData("*-mini", "*-max")]
    [InlineData("gpt-4", "gpt-5")]
    [InlineData("a**", "a")]
    public void Overlaps_NoNameThatBothMatch_IsFalse(string one, string other) => ModelCover.Overlaps(one, other).ShouldBeFalse();

    private static bool Matches(string pattern, string name) => ModelPattern.TryParse(pattern, out var parsed) && parsed.Matches(name);

    private static IEnumerable<string> Words(int length, string letters) =>
        length == 0 ? [] : letters.SelectMany(l => Words(length - 1, letters).Select(w => l + w).Append(l.ToString()));
}
