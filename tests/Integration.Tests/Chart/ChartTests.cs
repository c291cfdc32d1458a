using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Operator.Api.Definitions;
using Operator.Hosting;
using Support;
using Support.Cluster;

namespace Integration.Tests.Chart;

/// <summary>What the chart renders, by the real helm and without a cluster.</summary>
public sealed class ChartTests
{
    private const string Target = "gateway.routes.chat.targets[0]";

    private static readonly string s_cases = Path.Combine(GoldenFile.RepositoryRoot, "tests/Integration.Tests/Chart/cases");

    /// <summary>A wrong value as <c>--set</c> takes it, and what helm says in all of its versions: the field, or what may stand there.</summary>
    public static TheoryData<string, string> Mistakes => new()
    {
        { "replica=2", "replica" },
        { "replicas=two", "replicas" },
        { "crds.enable=true", "enable" },
        { "image.digest=sha256:abc", "digest" },
        { "image.name=mine", "name" },
        { "logLevel=info", "Information" },
        { "watchNamespaces={team a}", "watchNamespaces" },
        { "watchNamespaces=team", "watchNamespaces" },
        { "resources.request.cpu=1", "request" },
        { "serviceMonitor.interval=30", "interval" },
        { "networkPolicy.metricsFrom=all", "metricsFrom" },
        { "gateway.enabled=true", "enabled" },
        { "gateway.routes.chat=gpt", "chat" },
        { "gateway.name=1st", "name" },
        { "gateway.spec.replica=2", "replica" },
        { "gateway.spec.replicas=two", "replicas" },
        { "gateway.keys.demo.model=chat", "model" },
        { "gateway.routes.chat.gatewayRefs={main}", "gatewayRefs" },
        { "gateway.spec.service.prot=80", "prot" },
        { "gateway.spec.exposure.ingress.hosts={a}", "hosts" },
        { "gateway.spec.service.port=http", "port" },
        { "gateway.spec.drainTimeoutSeconds=-1", "drainTimeoutSeconds" },
        { "gateway.spec.storage.persistentVolumeClaim.size=big", "size" },
        { "gateway.spec.podTemplate=big", "podTemplate" },
        { $"{Target}.provider=OpenIA", "Simulated" },
        { $"{Target}.provider=Simulated,{Target}.wieght=1", "wieght" },
        { "gateway.routes.other.model=other", "targets" },
        { "gateway.keys.demo.limits.requestsPerMinutes=5", "requestsPerMinutes" },
        { "gateway.keys.other.state=Active", "models" },
        { "gateway.budgets.monthly.period=Monthly,gateway.budgets.monthly.limit.cost.amount=ten", "amount" },
        { "gateway.spec.replicas=2", "more than one of `replicas` requires `postgres`" },
        { "gateway.spec.redis.secretRef.name=cache", "`redis` requires `postgres`" },
        { "gateway.spec.storage.emptyDir.sizeLimit=1Gi,gateway.spec.storage.persistentVolumeClaim.size=1Gi", "at most one of" },
        { "gateway.spec.allowedKeys.namespaces.from=Selector", "`selector` must be set with `from: Selector`" },
        { "gateway.spec.postgres.secretRef.name=db,gateway.spec.postgres.cloudNativePG.clusterName=db", "exactly one of `secretRef`" },
        { $"{Target}.name=a,{Target}.provider=OpenAICompatible", "`baseURL` is required with provider `OpenAICompatible`" },
        { $"{Target}.name=a,{Target}.provider=Simulated,{Target}.baseURL=http://a", "`baseURL` may not be specified" },
        { "resources.limits.memory=1 gigabyte", "memory" },
        { "gateway.name=a-name-that-is-longer-than-those-of-gateways-may-be-1", "name" },
        { "gateway.name=llm-gateway-operator", "name" },
        { "gateway.create=true,watchNamespaces={team}", "add \"llm\" to watchNamespaces" },
        { "priorityClassName=high\n      hostNetwork: true", "priorityClassName" },
        { "resources.requests.cpu=-1", "cpu" },
        { "env[0].name=POD_NAMESPACE,env[0].value=kube-system", "env" },
        { @"podLabels.app\.kubernetes\.io/name=mine", "podLabels" },
        { @"dashboard.labels.helm\.sh/chart=mine", "labels" },
    };

    public static TheoryData<string> Cases => [.. CaseNames];

    internal static IEnumerable<string> CaseNames => Directory.GetDirectories(s_cases).Select(d => Path.GetFileName(d)!).Order();

    private static Helm Helm => new(cancellation: TestContext.Current.CancellationToken);

    [Theory, MemberData(nameof(Cases))]
    public async Task Renders_what_is_expected(string name)
    {
        var values = Path.Combine(s_cases, name, "values.yaml");

        var rendered = await Manifests.OfChartAsync("llm", "--values", values, "--set", "crds.enabled=false");

        var text = string.Join("---\n", rendered.Select(YamlWriter.Write));
        GoldenFile.Difference(Path.Combine(s_cases, name, "expected.yaml"), text).ShouldBeNull();
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Lint_has_nothing_to_say(string name)
    {
        var values = Path.Combine(s_cases, name, "values.yaml");

        var (exitCode, output, _) = await Helm.TryAsync("lint", Helm.Chart, "--strict", "--values", values);

        exitCode.ShouldBe(0, output);
        output.ShouldNotContain("[WARNING]");
    }

    [Theory, MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_refused_by_helm_with_what_is_wrong(string set, string message)
    {
        var (exitCode, _, error) = await Helm.TryAsync(
            "template", "test", Helm.Chart, "--namespace", "llm", "--kube-version", Manifests.KubeVersion, "--set", set);

        exitCode.ShouldNotBe(0);
        error.ShouldContain(message);
    }

    /// <summary>Every sample, and every object that shows what a rule of its kind lets through.</summary>
    [Theory]
    [InlineData("LlmGateway", "gateway.spec")]
    [InlineData("ModelRoute", "gateway.routes.given")]
    [InlineData("VirtualKey", "gateway.keys.given")]
    [InlineData("Budget", "gateway.budgets.given")]
    public async Task Whatever_the_API_server_takes_helm_takes_for_a_first_gateway(string kind, string place)
    {
        var samples = Directory.GetFiles(Path.Combine(GoldenFile.RepositoryRoot, "config/samples"), "*.yaml", SearchOption.AllDirectories);
        var specs = samples.Select(File.ReadAllText).Concat(RuleCase.Names().Select(n => RuleCase.Read(n).Accepted))
            .SelectMany(Manifests.Parse).Where(m => (string?)m["kind"] == kind).Select(m => m["spec"]!.AsObject()).ToList();
        specs.Count.ShouldBeGreaterThan(10);
        var refused = new ConcurrentBag<string>();

        await Parallel.ForEachAsync(specs, TestContext.Current.CancellationToken, async (spec, _) =>
        {
            spec.Remove("gatewayRef");
            spec.Remove("gatewayRefs");
            var values = place.Split('.').Reverse().Aggregate((JsonNode)spec.DeepClone(), (inner, name) => new JsonObject { [name] = inner });
            var file = Path.GetTempFileName();
            await File.WriteAllTextAsync(file, values.ToJsonString(), CancellationToken.None);
            var (exitCode, _, error) = await Helm.TryAsync(
                "template", "test", Helm.Chart, "--kube-version", Manifests.KubeVersion, "--set", "gateway.create=true", "--values", file);
            File.Delete(file);
            if (exitCode != 0)
                refused.Add($"{spec.ToJsonString()}: {error}");
        });

        refused.ShouldBeEmpty();
    }

    /// <summary>An empty line of a values file is a null, too.</summary>
    [Theory]
    [InlineData("null")]
    [InlineData("{7}")]
    [InlineData("text")]
    public async Task Whatever_a_value_is_helm_renders_it_or_refuses_it_by_the_schema(string value)
    {
        const string All = "gateway.create=true,serviceMonitor.enabled=true,prometheusRule.enabled=true,dashboard.enabled=true,replicas=2";
        var values = Manifests.Parse(await File.ReadAllTextAsync(
            Path.Combine(Helm.Chart, "values.yaml"), TestContext.Current.CancellationToken)).Single();
        var wrong = new ConcurrentBag<string>();

        await Parallel.ForEachAsync(Paths(values, ""), TestContext.Current.CancellationToken, async (path, _) =>
        {
            var (exitCode, _, error) = await Helm.TryAsync(
                "template", "test", Helm.Chart, "--namespace", "llm", "--kube-version", Manifests.KubeVersion,
                "--set", All, "--set", $"{path}={value}");
            var isRefused = error.Contains("don't meet the specifications of the schema", StringComparison.Ordinal)
                && error.Contains(path[(path.LastIndexOf('.') + 1)..], StringComparison.Ordinal);
            if (exitCode != 0 && !isRefused)
                wrong.Add($"{path}: {error}");
        });

        wrong.ShouldBeEmpty();
    }

    /// <summary>YAML would read them as something else than text.</summary>
    [Theory]
    [InlineData("true")]
    [InlineData("null")]
    public async Task A_name_that_reads_like_another_value_stays_a_name(string name)
    {
        (await RenderedAsync(name)).ShouldBe((await RenderedAsync("plain")).Replace("plain", name, StringComparison.Ordinal));

        static async Task<string> RenderedAsync(string name)
        {
            var names = $"gateway.name={name},serviceAccount.name={name},watchNamespaces={{{name}}},priorityClassName={name}";
            var target = $"gateway.routes.{name}.targets[0]";
            var route = $"gateway.routes.{name}.model=m,{target}.name={name},{target}.provider=Simulated";
            var values = $"{names},{route},gateway.keys.{name}.models={{{name}}}";
            var manifests = Manifests.Parse(await Helm.RunAsync(
                "template", name, Helm.Chart, "-n", name, "--kube-version", Manifests.KubeVersion,
                "--set", "gateway.create=true,gateway.routes.chat=null,gateway.keys.demo=null", "--set-string", values));
            var first = manifests.Single(m => (string?)m["kind"] == "ConfigMap")["data"]!;
            return string.Join('\n', Manifests.Parse((string)first["manifests.yaml"]!).Concat(manifests)
                .Where(m => (string?)m["kind"] is not ("ConfigMap" or "CustomResourceDefinition"))
                .Select(m => m.ToJsonString().Split("checksum/gateway")[0]));
        }
    }

    [Fact]
    public async Task A_cluster_that_is_too_old_is_refused()
    {
        var (exitCode, _, error) = await Helm.TryAsync("template", "test", Helm.Chart, "--kube-version", "1.31.9");

        exitCode.ShouldNotBe(0);
        error.ShouldContain("requires kubeVersion: >=1.32.0-0");
    }

    [Theory]
    [InlineData("true", "keep")]
    [InlineData("false", null)]
    public async Task Definitions_are_those_of_the_operator_and_kept_as_asked(string keep, string? policy)
    {
        var docs = CrdsCommand.ReadDocs();
        var expected = CustomResourceDefinitions.Kinds
            .ToDictionary(CustomResourceDefinitions.NameOf, k => CustomResourceDefinitions.Of(k, docs));

        var rendered = (await Manifests.OfChartAsync("llm", "--set", $"crds.keep={keep}"))
            .Where(m => (string?)m["kind"] == "CustomResourceDefinition").ToList();

        rendered.Count.ShouldBe(expected.Count);
        foreach (var definition in rendered)
        {
            ((string?)definition["metadata"]!["annotations"]?["helm.sh/resource-policy"]).ShouldBe(policy);
            var name = (string)definition["metadata"]!["name"]!;
            JsonNode.DeepEquals(definition["spec"], expected[name]["spec"]).ShouldBeTrue($"{name} differs: run `make crds`");
        }
    }

    [Fact]
    public async Task The_operator_may_do_what_it_needs_and_no_more()
    {
        var rendered = await Manifests.OfChartAsync("llm", "--set", "gateway.create=true");

        Granted(rendered, "ClusterRole", "/llm-gateway-operator").ShouldBe(Needed([.. Permissions.Watched, .. Permissions.Cluster]));
        Granted(rendered, "Role", "llm/llm-gateway-operator-leader-election").ShouldBe(Needed(Permissions.Home));
        Granted(rendered, "Role", "llm/llm-gateway-first").ShouldBe(Needed(Permissions.Given));
    }

    [Fact]
    public async Task The_operator_of_some_namespaces_may_do_what_it_needs_in_each_of_them_and_nothing_elsewhere()
    {
        var rendered = await Manifests.OfChartAsync("llm", "--set", "watchNamespaces={red,blue},rbac.userRoles=false");

        Granted(rendered, "Role", "red/llm-gateway-operator").ShouldBe(Needed(Permissions.Watched));
        Granted(rendered, "Role", "blue/llm-gateway-operator").ShouldBe(Needed(Permissions.Watched));
        rendered.ShouldNotContain(m => (string?)m["kind"] == "ClusterRole");
    }

    private static IEnumerable<string> Granted(List<JsonObject> rendered, string kind, string name) =>
        from rule in rendered.Single(m => (string?)m["kind"] == kind && Manifests.Name(m) == name)["rules"]!.AsArray()
        from resource in rule["resources"]!.AsArray()
        from verb in rule["verbs"]!.AsArray()
        let text = $"{verb} {rule["apiGroups"]!.AsArray().Single()}/{resource}"
        orderby text
        select text;

    private static IEnumerable<string> Needed(IEnumerable<Permission> permissions) =>
        permissions.SelectMany(p => p.Verbs.Select(v => $"{v} {p.Group}/{p.Resource}")).Order();

    /// <summary>Of all values, as <c>--set</c> takes them.</summary>
    private static IEnumerable<string> Paths(JsonObject values, string parent) => values.SelectMany(v =>
    {
        var path = $"{parent}{v.Key}";
        return v.Value is JsonObject members ? [path, .. Paths(members, path + ".")] : new[] { path };
    });
}
