using System.Text.Json.Nodes;
using Operator.Standalone.Manifests;
using Support;

namespace Operator.Tests.Hosting;

/// <summary>The schema of the chart's values knows the fields of a first gateway, so that a mistyped one is refused by helm.</summary>
public sealed class ChartSchemaTests
{
    private static readonly string s_schema =
        Path.Combine(GoldenFile.RepositoryRoot, "charts", "llm-gateway-operator", "values.schema.json");

    [Theory]
    [InlineData("gatewaySpec", "llmgateways")]
    [InlineData("routeSpec", "modelroutes")]
    [InlineData("keySpec", "virtualkeys")]
    [InlineData("budgetSpec", "budgets")]
    public void Its_fields_are_those_of_the_definition_but_for_the_reference_to_the_gateway(string name, string plural)
    {
        var schema = JsonNode.Parse(File.ReadAllText(s_schema))!["definitions"]![name]!["properties"]!;

        Fields(schema).ShouldBe(Fields(Spec(plural)).Where(f => !f.StartsWith("gatewayRef", StringComparison.Ordinal)));
    }

    private static JsonNode Spec(string plural)
    {
        var file = Path.Combine(GoldenFile.RepositoryRoot, "crds", $"{plural}.llmgateway.dev.yaml");
        var definition = YamlManifests.Parse(File.ReadAllText(file)).Documents.Single().Json!;
        return definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!["properties"]!;
    }

    private static IEnumerable<string> Fields(JsonNode properties) =>
        properties.AsObject().Select(p => $"{p.Key}: {p.Value!["type"]}").Order(StringComparer.Ordinal);
}
