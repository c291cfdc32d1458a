using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Support;
using Support.Cluster;
using Support.ControlPlane;

namespace Integration.Tests.Chart;

/// <summary>A real API server's word on what the chart renders: no unknown field, and pods that a restricted namespace admits.</summary>
public sealed class AdmissionTests
{
    /// <summary>Of the Prometheus operator, whose definitions are not here.</summary>
    private static readonly string[] s_foreign = ["ServiceMonitor", "PrometheusRule"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_that_is_rendered_is_valid_and_pods_are_restricted()
    {
        Assert.SkipWhen(ControlPlaneBinaries.Missing is not null, ControlPlaneBinaries.Missing ?? "");
        await using var server = await KubeApiServer.StartAsync(Cancellation);
        var (api, kubectl) = (new ClusterApi(server.Client), new Kubectl(server.KubeConfig, Cancellation));
        foreach (var ns in new[] { "llm", "team-a", "team-b" })
        {
            var labels = new JsonObject { ["pod-security.kubernetes.io/enforce"] = "restricted" };
            var metadata = new JsonObject { ["name"] = ns, ["labels"] = labels };
            await api.CreateAsync("api/v1/namespaces", new() { ["metadata"] = metadata }, Cancellation);
        }

        foreach (var name in ChartTests.CaseNames)
        {
            var values = Path.Combine(GoldenFile.RepositoryRoot, "tests/Integration.Tests/Chart/cases", name, "values.yaml");
            var manifests = await Manifests.OfChartAsync("llm", "--values", values);
            var file = Path.GetTempFileName();
            var items = manifests.Where(m => !s_foreign.Contains((string?)m["kind"])).Select(m => m.DeepClone()).ToArray();
            var list = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray(items) };
            await File.WriteAllTextAsync(file, list.ToJsonString(), Cancellation);

            await kubectl.RunAsync("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", file);

            File.Delete(file);
            var pod = manifests.Single(m => (string?)m["kind"] == "Deployment")["spec"]!["template"]!.DeepClone();
            pod["metadata"]!["name"] = "operator";
            using var answer = await server.Client.PostAsJsonAsync(
                new Uri("api/v1/namespaces/llm/pods?dryRun=All", UriKind.Relative), pod, Cancellation);
            answer.IsSuccessStatusCode.ShouldBeTrue($"{name}: {await answer.Content.ReadAsStringAsync(Cancellation)}");
        }
    }
}
