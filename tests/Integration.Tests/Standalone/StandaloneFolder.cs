using Support;

namespace Integration.Tests.Standalone;

/// <summary>A copy of config/samples, which a test may edit as a user does, and the state folder beside it. Gone at the end.</summary>
internal sealed class StandaloneFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("standalone-");

    public StandaloneFolder()
    {
        Directory.CreateDirectory(Manifests);
        foreach (var sample in Directory.GetFiles(Path.Combine(GoldenFile.RepositoryRoot, "config", "samples")))
            File.Copy(sample, PathOf(Path.GetFileName(sample)));
    }

    public string Manifests => Path.Combine(_root.FullName, "manifests");

    public string State => Path.Combine(_root.FullName, "state");

    public string PathOf(string manifest) => Path.Combine(Manifests, manifest);

    public void Write(string manifest, string text) => File.WriteAllText(PathOf(manifest), text);

    /// <summary>Replaces a piece of text that must be there.</summary>
    public void Edit(string manifest, string before, string after)
    {
        var text = File.ReadAllText(PathOf(manifest));
        text.ShouldContain(before);
        Write(manifest, text.Replace(before, after, StringComparison.Ordinal));
    }

    public void Delete(string manifest) => File.Delete(PathOf(manifest));

    /// <summary>A route <c>name</c> to a model that answers by itself.</summary>
    public void AddRoute(string name, string text) => Write($"route-{name}.yaml", $$"""
        apiVersion: llmgateway.dev/v1alpha1
        kind: ModelRoute
        metadata:
          name: {{name}}
        spec:
          gatewayRefs:
            - name: main
          model: {{name}}
          targets:
            - name: simulated
              provider: Simulated
              simulated:
                text: {{text}}
              pricing:
                input: "0.50"
                output: "2.00"
        """);

    public void Dispose() => _root.Delete(recursive: true);
}
