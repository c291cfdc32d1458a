using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Children;
using Operator.Standalone.Manifests;
using Operator.Translate.Checks;
using Support;

namespace Operator.Tests.Children;

public sealed class GatewayChildrenTests
{
    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Operator.Tests/Children/cases");

    public static TheoryData<string> Cases() => [.. Directory.GetDirectories(s_cases).Select(path => Path.GetFileName(path)!).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Build_Case_GivesItsProblemsAndObjects(string name)
    {
        var folder = Path.Combine(s_cases, name);
        var inputs = ChildrenCase.Read(folder);
        var faults = FieldChecks.Check(inputs.Gateway, allowLoopback: false);
        var desired = faults.IsEmpty ? GatewayChildren.Build(inputs) : null;

        var problems = string.Concat(faults.Concat(desired?.Problems ?? []).Select(p => $"# {p.Field}: {p.Message}\n"));
        var text = problems + Text(desired?.Objects ?? [], isWhole: name == "minimal");

        GoldenFile.Difference(Path.Combine(folder, "expected.yaml"), text).ShouldBeNull();
    }

    /// <summary>What the golden files show is what would be sent.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void The_yaml_of_a_case_reads_back_as_the_objects(string name)
    {
        var inputs = ChildrenCase.Read(Path.Combine(s_cases, name));

        foreach (var child in GatewayChildren.Build(inputs).Objects)
        {
            var read = YamlManifests.Parse(YamlText.Of(child.Body)).Documents.Single().Json;
            JsonNode.DeepEquals(read, JsonObject.Create(child.Body)).ShouldBeTrue(child.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_object_says_who_it_is_and_whose(string name)
    {
        var inputs = ChildrenCase.Read(Path.Combine(s_cases, name));

        foreach (var child in GatewayChildren.Build(inputs).Objects)
        {
            var metadata = child.Body.GetProperty("metadata");
            child.Body.GetProperty("apiVersion").GetString().ShouldBe(child.Id.Kind.ApiVersion);
            child.Body.GetProperty("kind").GetString().ShouldBe(child.Id.Kind.Kind);
            metadata.GetProperty("name").GetString()!.ShouldBe(child.Id.Name);
            metadata.GetProperty("namespace").GetString().ShouldBe(child.Namespace);
            child.Id.Name.Length.ShouldBeLessThanOrEqualTo(63);
            ChildKind.All.ShouldContain(child.Id.Kind);
        }
    }

    [Fact]
    public void Objects_come_in_the_order_of_their_kinds()
    {
        var inputs = ChildrenCase.Read(Path.Combine(s_cases, "everything"));

        var order = GatewayChildren.Build(inputs).Objects.Select(o => ChildKind.All.IndexOf(o.Id.Kind)).ToList();

        order.ShouldBe(order.Order());
    }

    [Fact]
    public void A_changed_connection_changes_the_pod_template_and_an_unused_key_of_its_Secret_does_not()
    {
        var inputs = ChildrenCase.Read(Path.Combine(s_cases, "postgres"));
        var secret = inputs.StoreSecrets.Single();
        ChildrenInputs With(string key, string value) =>
            inputs with { StoreSecrets = [secret with { StringData = secret.StringData.SetItem(key, value) }] };

        Template(With("note", "moved")).ShouldBe(Template(inputs));
        Template(With("uri", "postgresql://gateway:rotated@db/gateway")).ShouldNotBe(Template(inputs));
    }

    [Fact]
    public void Rotated_admin_files_change_no_pod_template()
    {
        var inputs = ChildrenCase.Read(Path.Combine(s_cases, "postgres"));
        var rotated = inputs.Admin! with { CertificatePem = "another", Tokens = ["token-2", "token-1"] };

        Template(inputs with { Admin = rotated }).ShouldBe(Template(inputs));
    }

    [Fact]
    public void What_the_admin_Secret_holds_is_read_back()
    {
        var inputs = ChildrenCase.Of("{apiVersion: llmgateway.dev/v1alpha1, kind: LlmGateway, metadata: {name: main}, spec: {}}");
        var files = inputs.Admin! with { Tokens = ["new", "old"], FormerPins = ["00ff"] };
        var body = AdminFiles.Of(inputs with { Admin = files })!.Body;

        var read = AdminFiles.Read(JsonSerializer.Deserialize<Secret>(body, ApiJson.Options)!);

        read.ShouldNotBeNull();
        read.CertificatePem.ShouldBe(files.CertificatePem);
        read.Tokens.ShouldBe(files.Tokens);
        read.FormerPins.ShouldBe(files.FormerPins);
        read.StoresSalt.ShouldBe(files.StoresSalt);
    }

    /// <summary>Of what is the same in the case <c>minimal</c>, only the names.</summary>
    private static string Text(ImmutableArray<Child> objects, bool isWhole)
    {
        var minimal = GatewayChildren.Build(ChildrenCase.Read(Path.Combine(s_cases, "minimal"))).Objects;
        var same = isWhole ? [] : objects.Where(o => minimal.Any(m => JsonElement.DeepEquals(m.Body, o.Body))).ToList();
        var names = string.Concat(same.Select(o => $"# as in minimal: {o}\n"));
        return names + string.Join("---\n", objects.Except(same).Select(o => YamlText.Of(o.Body)));
    }

    private static string Template(ChildrenInputs inputs) => GatewayChildren.Build(inputs).Objects
        .Single(o => o.Id.Kind == ChildKind.Deployment).Body.GetProperty("spec").GetProperty("template").GetRawText();
}
