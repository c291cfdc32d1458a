using Support;

namespace Operator.Tests.Schema;

/// <summary>Golden: <c>cases/&lt;case&gt;.yaml</c> → <c>cases/&lt;case&gt;.txt</c>, every problem of every document.</summary>
public sealed class ManifestReaderTests
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests", "Operator.Tests", "Schema", "cases");

    public static TheoryData<string> Cases => [.. Directory.GetFiles(s_cases, "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_Manifest_FindsWhatTheCaseSays(string name)
    {
        var results = Manifests.Read(File.ReadAllText(Path.Combine(s_cases, name + ".yaml")));

        var text = string.Concat(results.Select(r =>
            $"{r.Kind} {r.Namespace}/{r.Name}: {(r.Problems.IsEmpty ? "good" : "")}\n" + string.Concat(r.Problems.Select(p => $"  {p.Field}: {p.Message}\n"))));
        GoldenFile.Difference(Path.Combine(s_cases, name + ".txt"), text).ShouldBeNull();
    }
}
