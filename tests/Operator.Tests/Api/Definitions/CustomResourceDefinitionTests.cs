using System.Text.Json.Nodes;
using Operator.Api.Definitions;
using Operator.Standalone.Manifests;
using Support;

namespace Operator.Tests.Api.Definitions;

public sealed class CustomResourceDefinitionTests
{
    public static TheoryData<string> Kinds => [.. AllDefinitions.All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_committed_definition_says_what_the_types_say(string kind)
    {
        var type = CustomResourceDefinitions.Kinds.First(k => k.Name == kind);
        var file = Path.Combine(GoldenFile.RepositoryRoot, "crds", $"{CustomResourceDefinitions.NameOf(type)}.yaml");

        GoldenFile.Difference(file, CustomResourceDefinitions.Render(type, AllDefinitions.Docs)).ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_written_as_YAML_reads_back_the_same(string kind)
    {
        var read = YamlManifests.Parse(YamlWriter.Write(AllDefinitions.All[kind]));

        read.Error.ShouldBeNull();
        JsonNode.DeepEquals(read.Documents.Single().Json, AllDefinitions.All[kind]).ShouldBeTrue();
    }

    /// <summary>An unbounded value costs an API server as much as a request may hold, times each rule that looks at it.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_value_is_bounded(string kind) =>
        AllDefinitions.Nodes(AllDefinitions.All[kind])
            .Where(n => n.Path is not (".apiVersion" or ".kind") && !IsBounded(n.Schema))
            .Select(n => n.Path)
            .ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_field_is_described_in_plain_words(string kind) =>
        AllDefinitions.Nodes(AllDefinitions.All[kind])
            .Where(n => !n.Path.StartsWith(".metadata", StringComparison.Ordinal) && !n.Path.EndsWith("[]", StringComparison.Ordinal)
                && !n.Path.EndsWith("{}", StringComparison.Ordinal))
            .Where(n => n.Schema["description"]?.GetValue<string>() is not { Length: > 0 } text || text.AsSpan().ContainsAny('<', '>'))
            .Select(n => n.Path)
            .ShouldBeEmpty();

    /// <summary>`kubectl apply` without `--server-side` keeps a copy in an annotation, which holds 256 KiB.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_definition_can_be_applied_by_a_client(string kind) =>
        AllDefinitions.All[kind].ToJsonString().Length.ShouldBeLessThan(200_000);

    [Theory]
    [InlineData("LlmGateway", "READY PODS DESIRED CONFIG ROUTES KEYS AGE")]
    [InlineData("ModelRoute", "MODEL TARGETS GATEWAY ACCEPTED PROGRAMMED AGE")]
    [InlineData("VirtualKey", "GATEWAY STATE SECRET READY EXPIRES AGE")]
    [InlineData("Budget", "LIMIT PERIOD SPENT USED% EXCEEDED ENFORCED AGE")]
    public void Kubectl_get_prints_the_columns_of_the_design(string kind, string columns)
    {
        var all = AllDefinitions.All[kind]["spec"]!["versions"]![0]!["additionalPrinterColumns"]!.AsArray();

        string.Join(' ', all.Where(c => c!["priority"] is null).Select(c => c!["name"]!.GetValue<string>())).ShouldBe(columns);
    }

    /// <summary>A server judges a default by the rules of its object before it adds the defaults of the members.</summary>
    [Fact]
    public void The_default_of_an_object_holds_the_defaults_of_its_members() =>
        AllDefinitions.Nodes(AllDefinitions.All["LlmGateway"]).First(n => n.Path == ".spec.allowedKeys").Schema["default"]!.ToJsonString()
            .ShouldBe("""{"namespaces":{"from":"Same"},"models":["*"]}""");

    private static bool IsBounded(JsonObject schema) => schema["type"]?.GetValue<string>() switch
    {
        "string" => schema["maxLength"] is not null || schema["enum"] is not null,
        "integer" => schema["minimum"] is not null && schema["maximum"] is not null,
        "array" => schema["maxItems"] is not null && schema["x-kubernetes-list-type"] is not null,
        "object" => schema["additionalProperties"] is null || schema["maxProperties"] is not null,
        "boolean" => true,
        _ => schema["x-kubernetes-int-or-string"] is not null && schema["maxLength"] is not null && schema["maximum"] is not null,
    };
}
