using Operator.Standalone.Manifests;

namespace Operator.Tests.Standalone;

public sealed class YamlManifestsTests
{
    [Theory]
    [InlineData("text", "\"text\"")]
    [InlineData("\"12\"", "\"12\"")]
    [InlineData("'true'", "\"true\"")]
    [InlineData("!!str 12", "\"12\"")]
    [InlineData("12", "12")]
    [InlineData("-3", "-3")]
    [InlineData("0x1f", "31")]
    [InlineData("010", "8")]
    [InlineData("0.25", "0.25")]
    [InlineData("1e3", "1000")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("12345678901234567890123456789012345", "\"12345678901234567890123456789012345\"")]
    [InlineData("true", "true")]
    [InlineData("yes", "true")]
    [InlineData("Off", "false")]
    [InlineData("2026-11-21T00:00:00Z", "\"2026-11-21T00:00:00Z\"")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    public void Parse_Scalar_MeansWhatKubectlReads(string yaml, string json) =>
        Parse($"a: {yaml}").Documents.Single().Json["a"].ToJsonOrNull().ShouldBe(json);

    [Fact]
    public void Parse_SeveralDocuments_EmptyOnesAreSkipped() =>
        Parse("---\na: 1\n---\n# nothing\n---\nb: 2\n---\n").Documents.Select(d => d.Json.ToJsonString()).ShouldBe(["""{"a":1}""", """{"b":2}"""]);

    [Fact]
    public void Parse_Json_IsYamlToo() => Parse("{\n\t\"a\": [1, {\"b\": null}]\n}").Documents.Single().Json.ToJsonString().ShouldBe("""{"a":[1,{"b":null}]}""");

    [Fact]
    public void Parse_Anchors_AreCopied() =>
        Parse("a: &x {b: 1}\nc: *x\n").Documents.Single().Json.ToJsonString().ShouldBe("""{"a":{"b":1},"c":{"b":1}}""");

    [Fact]
    public void Parse_MergeKeys_OwnMembersWin() =>
        Parse("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 3\n").Documents.Single().Json["d"]!.ToJsonString().ShouldBe("""{"b":3,"c":2}""");

    [Theory]
    [InlineData("spec.targets[1].provider", 7)]
    [InlineData("spec.targets[1]", 6)]
    [InlineData("spec.targets[1].baseURL", 6)]
    [InlineData("spec.targets[5].name", 3)]
    [InlineData("spec.model", 2)]
    [InlineData("status", 1)]
    [InlineData("", 1)]
    public void Lines_Field_IsFoundOrWhatIsAroundIt(string field, int line)
    {
        var document = Parse("kind: ModelRoute\nspec:\n  targets:\n    - name: a\n      provider: OpenAI\n    - name: b\n      provider: Anthropic\n");

        document.Documents.Single().Lines.Of(field).ShouldBe(line);
    }

    [Theory]
    [InlineData("a: [1\nb: 2\n")]
    [InlineData("a: 1\na: 2\n")]
    [InlineData("a: *unknown\n")]
    [InlineData("? [1]\n: 2\n")]
    [InlineData("a: &x [*x]\n")]
    [InlineData("a: \"open\n")]
    public void Parse_NoYaml_IsAnErrorWithItsLine(string text)
    {
        var result = Parse(text);

        result.Documents.ShouldBeEmpty();
        result.Error.ShouldNotBeNull().Line.ShouldBeInRange(1, 3);
        result.Error.Message.ShouldNotBeEmpty();
    }

    [Fact]
    public void Parse_AliasesThatMultiply_AreRefused()
    {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
        for (var i = 1; i < 9; i++)
            text += $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n";

        Parse(text).Error!.Message.ShouldContain("too large");
    }

    [Fact]
    public void Parse_Depth_IsBounded() => Parse(new string('[', 1_000_000)).Error!.Message.ShouldContain("too deep");

    private static YamlResult Parse(string text) => YamlManifests.Parse(text);
}
