using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Api.Definitions;
using Operator.Api.Schema;
using Operator.Standalone.Manifests;
using Support;

namespace Integration.Tests.ApiServer;

/// <summary>
/// What a real API server makes of our definitions. That it takes them at all says that their rules are within its budget.
/// </summary>
public sealed class CrdTests(CrdServer crds) : IClassFixture<CrdServer>
{
    public static TheoryData<string> RuleCases => [.. RuleCase.Names()];

    /// <summary>Documents of our kinds, good and bad.</summary>
    public static TheoryData<string> ManifestFiles() =>
    [
        .. Directory.GetFiles(
            Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Api/Schema/cases"), "*.yaml", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Path.Combine(GoldenFile.RepositoryRoot, "config/samples"), "*-*.yaml"))
            .Select(f => Path.GetRelativePath(GoldenFile.RepositoryRoot, f))
            .Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(RuleCases))]
    public async Task A_rule_lets_an_object_through_and_refuses_its_change_with_our_words(string name)
    {
        var rule = RuleCase.Read(name);
        var space = await crds.NamespaceAsync();

        var accepted = await crds.ApplyAsync(rule.Kind, space, NameIn(rule.Accepted), rule.Accepted);
        var refused = await crds.ApplyAsync(rule.Kind, space, NameIn(rule.Refused), rule.Refused);

        accepted.Status.ShouldBe(HttpStatusCode.Created, accepted.Body.ToJsonString());
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity, refused.Body.ToJsonString());
        var causes = refused.Body["details"]!["causes"]!.AsArray();
        causes.ShouldContain(c => c!["message"]!.GetValue<string>().EndsWith(rule.Message, StringComparison.Ordinal)
            && (!rule.Field.StartsWith("spec", StringComparison.Ordinal) || c!["field"]!.GetValue<string>() == rule.Field));
    }

    /// <summary>The reader of manifests stands in for an API server in standalone mode.</summary>
    [Theory]
    [MemberData(nameof(ManifestFiles))]
    public async Task The_server_takes_what_our_reader_takes_and_adds_the_same_defaults(string file)
    {
        var space = await crds.NamespaceAsync();
        var parsed = YamlManifests.Parse(
            await File.ReadAllTextAsync(Path.Combine(GoldenFile.RepositoryRoot, file), TestContext.Current.CancellationToken));

        foreach (var document in parsed.Documents.Where(d => IsOurs(d.Json)))
        {
            var read = ManifestReader.Read(document.Json);
            var manifest = document.Json!.DeepClone().AsObject();
            manifest["metadata"]!.AsObject().Remove("namespace");
            manifest.Remove("status");

            var answer = await crds.CreateAsync(read.Kind, space, manifest);

            var said = $"{string.Join('\n', read.Problems)}\n{answer.Body.ToJsonString()}";
            if (read.Object is null)
                ((int)answer.Status).ShouldBeInRange(400, 499, said);
            else
                (answer.Status == HttpStatusCode.Created && SpecOf(answer.Body) == SpecOf(read.Object)).ShouldBeTrue(said);
        }
    }

    [Fact]
    public async Task A_gateway_scales_by_its_subresource_before_it_has_a_status()
    {
        var client = crds.Server.Client;
        var space = await crds.NamespaceAsync();
        await crds.ApplyAsync("LlmGateway", space, "main", """
            {"apiVersion":"llmgateway.dev/v1alpha1","kind":"LlmGateway","metadata":{"name":"main"},
             "spec":{"postgres":{"secretRef":{"name":"postgres"}}}}
            """);
        var path = $"{CrdServer.PathOf("LlmGateway", space)}/main/scale";

        var scale = (await client.GetFromJsonAsync<JsonNode>(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken))!;
        scale["spec"]!["replicas"]!.GetValue<int>().ShouldBe(1);
        scale["spec"]!["replicas"] = 3;
        using var scaled = await client.PutAsJsonAsync(new Uri(path, UriKind.Relative), scale, TestContext.Current.CancellationToken);

        scaled.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static bool IsOurs(JsonNode? manifest) =>
        manifest is JsonObject given
        && given["apiVersion"]?.ToString() == ResourceGroup.ApiVersion
        && CustomResourceDefinitions.Kinds.Any(k => k.Name == given["kind"]?.ToString())
        && given["metadata"]?["name"] is not null;

    private static string SpecOf(JsonNode answer)
    {
        var kind = CustomResourceDefinitions.Kinds.First(k => k.Name == answer["kind"]!.GetValue<string>());
        return SpecOf((KubernetesObject)answer.Deserialize(kind, ApiJson.Options)!);
    }

    private static string SpecOf(KubernetesObject resource) =>
        JsonSerializer.SerializeToNode(resource, resource.GetType(), ApiJson.Options)!["spec"]!.ToJsonString();

    private static string NameIn(string yaml) => YamlManifests.Parse(yaml).Documents[0].Json!["metadata"]!["name"]!.GetValue<string>();
}
