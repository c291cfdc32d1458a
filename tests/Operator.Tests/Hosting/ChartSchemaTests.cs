using System.Text.Json.Nodes;
using Operator.Api.Definitions;
using Support;

namespace Operator.Tests.Hosting;

/// <summary>The schema of the chart's values knows the fields of a first gateway, so that a mistyped one is refused by helm.</summary>
public sealed class ChartSchemaTests
{
    private static readonly string s_schema = File.ReadAllText(
        Path.Combine(GoldenFile.RepositoryRoot, "charts", "llm-gateway-operator", "values.schema.json"));

    [Fact]
    public void Its_definitions_are_those_of_the_operator()
    {
        var docs = CrdsCommand.ReadDocs();

        var made = ValuesSchema.Render(s_schema, CustomResourceDefinitions.Kinds.Select(k => CustomResourceDefinitions.Of(k, docs)));

        made.ShouldBe(s_schema, "run `make crds`");
    }

    /// <summary>A validator of JSON Schema passes over words that it does not know, and with them over mistakes.</summary>
    [Theory]
    [InlineData("llmGatewaySpec")]
    [InlineData("modelRouteSpec")]
    [InlineData("virtualKeySpec")]
    [InlineData("budgetSpec")]
    public void Every_object_of_a_kind_is_closed_and_nothing_speaks_of_Kubernetes(string name)
    {
        var schemas = Schemas(JsonNode.Parse(s_schema)!["definitions"]![name]!).ToList();

        schemas.SelectMany(s => s).ShouldAllBe(k => !k.Key.StartsWith("x-kubernetes-", StringComparison.Ordinal));
        schemas.Where(s => s["properties"] is not null).ShouldAllBe(s => (bool)s["additionalProperties"]! == false);
        schemas.ShouldAllBe(s => s["properties"] == null || !((JsonObject)s["properties"]!).ContainsKey("gatewayRef"));
    }

    private static IEnumerable<JsonObject> Schemas(JsonNode schema)
    {
        yield return (JsonObject)schema;
        IEnumerable<JsonNode?> inner =
            [schema["items"], schema["additionalProperties"], .. (schema["properties"]?.AsObject() ?? []).Select(p => p.Value)];
        foreach (var one in inner.OfType<JsonObject>().SelectMany(Schemas))
            yield return one;
    }
}
