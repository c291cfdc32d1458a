using System.Text.Json.Nodes;
using Integration.Tests.Documentation;
using Operator.Api.Definitions;
using Support;

namespace Integration.Tests.Chart;

/// <summary>The chart and <c>config/</c> install the same objects.</summary>
public sealed class KustomizeTests
{
    private const string Namespace = "llm-gateway-system";

    /// <summary>What only helm puts on its objects.</summary>
    private static readonly string[] s_labels =
    [
        "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/version", "app.kubernetes.io/managed-by",
        "helm.sh/chart",
    ];

    [Fact]
    public async Task The_default_is_the_charts_default() => Compare(
        await Manifests.OfConfigAsync(Namespace, "config/default"),
        await Manifests.OfChartAsync(Namespace));

    [Fact]
    public async Task The_variant_for_one_namespace_is_the_chart_that_watches_it() => Compare(
        await Manifests.OfConfigAsync("team", "config/namespaced"),
        await Manifests.OfChartAsync("team", "--set", "watchNamespaces={team},crds.enabled=false,rbac.userRoles=false"));

    [Fact]
    public async Task The_component_for_Prometheus_is_the_chart_with_monitor_and_rules() => Compare(
        await Manifests.OfConfigAsync(Namespace, "config/default", "config/prometheus"),
        await Manifests.OfChartAsync(Namespace, "--set", "serviceMonitor.enabled=true,prometheusRule.enabled=true"));

    [Fact]
    public async Task What_make_dist_writes_has_its_images_in_the_registry_and_is_both_the_same()
    {
        var shell = new Shell("/dev/null");

        await shell.RunAsync("make dist REGISTRY=registry.example.com/platform");

        var dist = Path.Combine(GoldenFile.RepositoryRoot, "dist");
        var install = await File.ReadAllTextAsync(Path.Combine(dist, "install.yaml"), TestContext.Current.CancellationToken);
        install.ShouldContain("image: registry.example.com/platform/llm-gateway-operator:");
        install.ShouldContain("value: registry.example.com/platform/llm-gateway:");
        var package = Directory.GetFiles(dist, "llm-gateway-operator-*.tgz").ShouldHaveSingleItem();
        Compare(
            Manifests.Parse(install),
            Manifests.Parse(await shell.RunAsync($"helm template test {package} -n {Namespace} --kube-version {Manifests.KubeVersion}")));
    }

    private static void Compare(List<JsonObject> config, List<JsonObject> chart) => Text(chart).ShouldBe(Text(config));

    private static string Text(List<JsonObject> manifests) =>
        string.Join("---\n", manifests.Where(m => (string?)m["kind"] != "Namespace").Select(Normalize).Select(YamlWriter.Write));

    private static JsonObject Normalize(JsonObject manifest)
    {
        var metadata = (JsonObject)manifest["metadata"]!;
        if (metadata["labels"] is JsonObject labels)
        {
            foreach (var label in s_labels)
                labels.Remove(label);
            if (labels.Count == 0)
                metadata.Remove("labels");
        }

        metadata.Remove("annotations");
        if ((string?)manifest["kind"] == "Deployment")
            NameNamespace(manifest);
        return (JsonObject)Sorted(manifest);
    }

    /// <summary>One says it by reference, the other by value.</summary>
    private static void NameNamespace(JsonObject deployment)
    {
        var environment = deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!.AsArray();
        var variable = environment.FirstOrDefault(v => (string?)v!["name"] == "WATCH_NAMESPACES")?.AsObject();
        if (variable?.Remove("valueFrom") == true)
            variable["value"] = (string?)deployment["metadata"]!["namespace"];
    }

    private static JsonNode Sorted(JsonNode node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(m => m.Key, StringComparer.Ordinal)
            .Select(m => KeyValuePair.Create(m.Key, m.Value is null ? null : Sorted(m.Value)))),
        JsonArray a => new JsonArray([.. a.Select(i => i is null ? null : Sorted(i))]),
        _ => node.DeepClone(),
    };
}
