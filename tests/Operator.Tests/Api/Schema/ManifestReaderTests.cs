using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Api.Schema;
using Support;

namespace Operator.Tests.Api.Schema;

public sealed class ManifestReaderTests
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Api/Schema/cases");
    private static readonly JsonSerializerOptions s_indented = new(ApiJson.Options) { WriteIndented = true };

    public static TheoryData<string> Cases() => [.. Directory.GetDirectories(s_cases).Select(path => Path.GetFileName(path)!).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_Case_GivesItsProblemsOrTheObjectWithItsDefaults(string name)
    {
        var folder = Path.Combine(s_cases, name);
        var results = Manifests.Read(File.ReadAllText(Path.Combine(folder, "manifest.yaml")));

        var text = string.Join("\n\n", results.Select(Text));
        GoldenFile.Difference(Path.Combine(folder, "expected.txt"), text + "\n").ShouldBeNull();
    }

    private static string Text(ManifestResult result) => result.Object is { } read
        ? JsonSerializer.Serialize(read, read.GetType(), s_indented)
        : string.Join('\n', result.Problems.Select(p => p.Field.Length == 0 ? p.Message : $"{p.Field}: {p.Message}"));

    [Fact]
    public void Read_NoObject_IsAProblem()
    {
        ManifestReader.Read(null).Problems.ShouldNotBeEmpty();
        ManifestReader.Read(JsonNode.Parse("[1]")).Problems.ShouldNotBeEmpty();
    }

    [Fact]
    public void Read_NestedBeyondAllBounds_IsAProblem()
    {
        JsonNode node = new JsonObject();
        for (var i = 0; i < 500; i++)
            node = new JsonObject { ["a"] = node };

        ManifestReader.Read(node).Problems.ShouldHaveSingleItem().Message.ShouldBe("is nested too deeply");
    }

    [Fact]
    public void Read_WrongTextWhoseQuoteWouldEndInHalfACharacter_IsAProblem()
    {
        var name = new string('a', 63) + "\U0001F4A5" + "bbb";
        var secret = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Secret", ["metadata"] = new JsonObject { ["name"] = name } };

        ManifestReader.Read(secret).Problems.ShouldHaveSingleItem().Field.ShouldBe("metadata.name");
    }

    [Fact]
    public void Read_GoodManifest_LeavesTheNodeAsItIs()
    {
        var node = JsonNode.Parse("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"type":null,"status":{}}""")!;
        var before = node.ToJsonString();

        ManifestReader.Read(node).Problems.ShouldBeEmpty();

        node.ToJsonString().ShouldBe(before);
    }

    [Fact]
    public void Read_KindOfSomebodyElse_IsNotKnown()
    {
        var result = ManifestReader.Read(JsonNode.Parse("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}"""));

        result.IsKnownKind.ShouldBeFalse();
        result.Kind.ShouldBe("ConfigMap");
    }
}
