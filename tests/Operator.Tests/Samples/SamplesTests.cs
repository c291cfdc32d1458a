using Operator.Api;
using Operator.Prices;
using Operator.Tests.Translate;
using Operator.Translate;
using Support;

namespace Operator.Tests.Samples;

/// <summary>Every folder of <c>config/samples</c> is whole: with the Secrets that it asks for there is nothing to find fault with.</summary>
public sealed class SamplesTests
{
    private static readonly string s_samples = Path.Combine(GoldenFile.RepositoryRoot, "config/samples");

    public static TheoryData<string> Folders() =>
        [.. Directory.GetDirectories(s_samples).Select(path => Path.GetRelativePath(s_samples, path)!).Order().Prepend(".")];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_sample_with_its_Secrets_is_carried_whole(string folder)
    {
        var inputs = TranslationCase.Parse(Manifests(folder), generation: 1) with
        {
            Prices = BuiltInPrices.Load(),
            AllowLoopbackUpstreams = folder == ".",
        };

        var translation = Translator.Translate(inputs);

        translation.Findings.Where(f => f.Reason != ConditionReasons.PricedByModel).ShouldBeEmpty();
        translation.Verdicts.ShouldAllBe(v => v.CarriedGeneration == 1);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_sample_says_in_two_lines_what_it_shows(string folder)
    {
        foreach (var file in Files(folder))
        {
            var lines = File.ReadLines(file).Take(3).ToList();
            lines.Take(2).ShouldAllBe(line => line.StartsWith("# ", StringComparison.Ordinal), file);
            lines[2].ShouldBe("apiVersion: llmgateway.dev/v1alpha1", file);
        }
    }

    private static string Manifests(string folder) => string.Join("\n---\n", Files(folder).Append(Secrets).Select(File.ReadAllText));

    private static string Secrets => Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Samples/secrets.yaml");

    private static IEnumerable<string> Files(string folder) => Directory.GetFiles(Path.Combine(s_samples, folder), "*.yaml")
        .Where(path => Path.GetFileName(path) != "kustomization.yaml")
        .Order(StringComparer.Ordinal);
}
