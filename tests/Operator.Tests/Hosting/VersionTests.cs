using System.Text.RegularExpressions;
using System.Xml.Linq;
using Gateway.Metrics;
using Operator.Hosting;
using Operator.Standalone.Manifests;
using Support;

namespace Operator.Tests.Hosting;

/// <summary>The version stands in Directory.Build.props; whatever else names it says the same. <c>make set-version</c> writes all.</summary>
public sealed partial class VersionTests
{
    private static readonly string s_version =
        XDocument.Load(Path.Combine(GoldenFile.RepositoryRoot, "Directory.Build.props")).Descendants("Version").Single().Value;

    [Fact]
    public void The_program_says_it() => BuildInfo.VersionOf(typeof(Preflight).Assembly).ShouldBe(s_version);

    [Fact]
    public void The_chart_and_its_images_have_it()
    {
        var chart = YamlManifests.Parse(Read("charts/llm-gateway-operator/Chart.yaml")).Documents.Single().Json!;

        ((string?)chart["version"]).ShouldBe(s_version);
        ((string?)chart["appVersion"]).ShouldBe(s_version);
    }

    /// <summary>As <c>image:1.2.3</c>, <c>newTag: 1.2.3</c> or <c>VERSION=1.2.3</c>.</summary>
    [Theory]
    [InlineData("Dockerfile", 2)]
    [InlineData("config/manager/deployment.yaml", 1)]
    [InlineData("config/manager/kustomization.yaml", 1)]
    [InlineData("README.md", 4)]
    public void Every_file_that_names_it_has_it(string file, int times) =>
        Named().Matches(Read(file)).Select(m => m.Groups["version"].Value).ShouldBe(Enumerable.Repeat(s_version, times));

    private static string Read(string file) => File.ReadAllText(Path.Combine(GoldenFile.RepositoryRoot, file));

    [GeneratedRegex(@"(llm-gateway(-operator)?:|newTag: |ARG VERSION=)(?<version>\d+\.\d+\.\d+\S*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Named();
}
