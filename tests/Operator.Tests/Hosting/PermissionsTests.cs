using System.Text.Json.Nodes;
using Operator.Hosting;
using Operator.Standalone.Manifests;
using Support;

namespace Operator.Tests.Hosting;

/// <summary>The manifests under <c>config/</c> grant what the operator says that it needs.</summary>
public sealed class PermissionsTests
{
    private static readonly string s_config = Path.Combine(GoldenFile.RepositoryRoot, "config");

    public static TheoryData<string> ManifestFiles() =>
        [.. Directory.GetFiles(s_config, "*.yaml", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(s_config, f)).Order()];

    [Theory]
    [MemberData(nameof(ManifestFiles))]
    public void Every_manifest_is_YAML_with_a_kind(string file)
    {
        var parsed = YamlManifests.Parse(File.ReadAllText(Path.Combine(s_config, file)));

        parsed.Error.ShouldBeNull();
        parsed.Documents.ShouldNotBeEmpty();
        parsed.Documents.ShouldAllBe(d => d.Json!["kind"] != null && d.Json["apiVersion"] != null);
    }

    [Fact]
    public void The_cluster_role_grants_what_the_operator_needs_and_no_more() =>
        Granted("rbac/role.yaml").ShouldBe(Needed([.. Permissions.Watched, .. Permissions.Cluster]));

    [Fact]
    public void The_role_for_the_election_grants_what_the_operator_needs_and_no_more() =>
        Granted("rbac/leader_election_role.yaml").ShouldBe(Needed([.. Permissions.Home]));

    private static IEnumerable<string> Granted(string file) =>
        from rule in YamlManifests.Parse(File.ReadAllText(Path.Combine(s_config, file))).Documents.Single().Json!["rules"]!.AsArray()
        from apiGroup in Texts(rule!, "apiGroups")
        from resource in Texts(rule!, "resources")
        from verb in Texts(rule!, "verbs")
        let text = $"{verb} {apiGroup}/{resource}"
        orderby text
        select text;

    private static IEnumerable<string> Needed(Permission[] permissions) =>
        permissions.SelectMany(p => p.Verbs.Select(v => $"{v} {p.Group}/{p.Resource}")).Order();

    private static IEnumerable<string> Texts(JsonNode rule, string member) => rule[member]!.AsArray().Select(t => t!.GetValue<string>());
}
