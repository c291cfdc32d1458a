using System.Text.Json.Nodes;
using Operator.Standalone.Manifests;
using Support;
using Support.Cluster;

namespace Integration.Tests.Chart;

/// <summary>What the chart and <c>config/</c> render.</summary>
internal static class Manifests
{
    /// <summary>The chart asks for this version or a later one; older helms take themselves for a cluster of their own time.</summary>
    public const string KubeVersion = "1.32.0";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>By <c>helm template</c>.</summary>
    public static async Task<List<JsonObject>> OfChartAsync(string ns, params string[] arguments)
    {
        string[] all = ["template", "test", Helm.Chart, "--namespace", ns, "--kube-version", KubeVersion, .. arguments];
        return Parse(await new Helm(cancellation: Cancellation).RunAsync(all));
    }

    /// <summary>By <c>kubectl kustomize</c>, of a kustomization that names these folders of the source tree.</summary>
    public static async Task<List<JsonObject>> OfConfigAsync(string ns, string resource, string? component = null)
    {
        var folder = Directory.CreateTempSubdirectory("kustomize-");
        string Relative(string path) => Path.GetRelativePath(folder.FullName, Path.Combine(GoldenFile.RepositoryRoot, path));
        var kustomization = new JsonObject
        {
            ["namespace"] = ns,
            ["resources"] = new JsonArray(Relative(resource)),
            ["components"] = component is null ? new JsonArray() : new JsonArray(Relative(component)),
        };
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "kustomization.yaml"), kustomization.ToJsonString(), Cancellation);
        var text = await new Kubectl("/dev/null", Cancellation).RunAsync("kustomize", folder.FullName);
        folder.Delete(recursive: true);
        return Parse(text);
    }

    public static List<JsonObject> Parse(string yaml)
    {
        var parsed = YamlManifests.Parse(yaml);
        parsed.Error.ShouldBeNull();
        return
        [
            .. parsed.Documents.Select(d => (JsonObject)d.Json)
                .OrderBy(d => (string?)d["kind"], StringComparer.Ordinal).ThenBy(Name, StringComparer.Ordinal),
        ];
    }

    public static string Name(JsonObject manifest) => $"{manifest["metadata"]!["namespace"]}/{manifest["metadata"]!["name"]}";
}
