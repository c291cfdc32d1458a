using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Operator.Children;
using Operator.Standalone.Manifests;
using Support;

namespace Integration.Tests.ApiServer;

/// <summary>
/// What a real API server says to the children of the golden cases. HTTPRoutes and PodMonitors are left out: it does not know them.
/// </summary>
public sealed class ChildrenTests(CrdServer server) : IClassFixture<CrdServer>
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Children/cases");

    /// <summary>Those without a fault.</summary>
    public static TheoryData<string> Cases() =>
        [.. Directory.GetDirectories(s_cases).Select(path => Path.GetFileName(path)!).Where(c => Objects(c).Count > 0).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_child_is_taken_and_applied_once_more_changes_nothing(string name)
    {
        var space = await server.NamespaceAsync();

        foreach (var child in Objects(name))
        {
            var first = await ApplyAsync(space, child);
            var second = await ApplyAsync(space, child);
            var third = await ApplyAsync(space, child);

            first.Status.ShouldBe(HttpStatusCode.Created, first.Body.ToJsonString());
            second.Status.ShouldBe(HttpStatusCode.OK, second.Body.ToJsonString());

            // A claim is written once more by the second time, and then no more.
            Version(third).ShouldBe(Version(second), child["kind"]!.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Pods_are_let_into_a_namespace_with_the_restricted_standard(string name)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var space = await server.NamespaceAsync();
        var label = """{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}""";
        (await PatchAsync($"api/v1/namespaces/{space}", label, "application/merge-patch+json")).Status.ShouldBe(HttpStatusCode.OK);

        foreach (var deployment in Objects(name).Where(o => (string?)o["kind"] == "Deployment"))
        {
            var pod = deployment["spec"]!["template"]!.DeepClone();
            pod["metadata"]!["name"] = "pod";

            var path = new Uri($"api/v1/namespaces/{space}/pods?fieldValidation=Strict", UriKind.Relative);
            using var answer = await server.Server.Client.PostAsJsonAsync(path, pod, cancellation);

            answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(cancellation));
        }
    }

    /// <summary>A server refuses `rollingUpdate` beside `Recreate`, also where it has added it itself.</summary>
    [Fact]
    public async Task A_gateway_moves_to_another_tier_and_back()
    {
        var space = await server.NamespaceAsync();

        string[] tiers = ["minimal", "postgres", "minimal", "storage-on-a-claim", "storage-on-a-claim-for-each-pod-with-postgres"];
        foreach (var tier in tiers)
        {
            var answer = await ApplyAsync(space, Objects(tier).Single(o => (string?)o["kind"] == "Deployment"));

            ((int)answer.Status).ShouldBeLessThan(300, answer.Body.ToJsonString());
        }
    }

    private static List<JsonNode> Objects(string name)
    {
        var parsed = YamlManifests.Parse(File.ReadAllText(Path.Combine(s_cases, name, "expected.yaml")));
        parsed.Error.ShouldBeNull();
        return [.. parsed.Documents.Select(d => d.Json).Where(o => (string?)o["kind"] is not ("HTTPRoute" or "PodMonitor"))];
    }

    private Task<ApiAnswer> ApplyAsync(string space, JsonNode child)
    {
        var kind = ChildKind.All.Single(k => k.Kind == (string?)child["kind"]);
        var body = child.DeepClone();
        body["metadata"]!["namespace"] = space;
        var root = kind.ApiVersion.Contains('/', StringComparison.Ordinal) ? "apis" : "api";
        var path = $"{root}/{kind.ApiVersion}/namespaces/{space}/{kind.Plural}/{body["metadata"]!["name"]}";
        path += "?fieldManager=test&force=true&fieldValidation=Strict";
        return PatchAsync(path, body.ToJsonString(), "application/apply-patch+yaml");
    }

    private async Task<ApiAnswer> PatchAsync(string path, string body, string type)
    {
        using var content = new StringContent(body, Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var answer = await server.Server.Client.PatchAsync(new Uri(path, UriKind.Relative), content);
        return new(answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonNode>())!);
    }

    private static string? Version(ApiAnswer answer) => (string?)answer.Body["metadata"]?["resourceVersion"];
}
