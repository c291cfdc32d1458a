using System.Net;
using System.Text;
using Integration.Tests.Cluster;
using Support.Cluster;

namespace Integration.Tests.Chart;

/// <summary>The life of a release, by the real helm on a real API server.</summary>
public sealed class InstallTests(ITestOutputHelper output)
{
    private const string Namespace = ChartCluster.Namespace;

    /// <summary>What every namespace has.</summary>
    private static readonly string[] s_everywhere = ["configmap/kube-root-ca.crt", "serviceaccount/default"];

    private static readonly string[] s_definitions =
    [
        "customresourcedefinition.apiextensions.k8s.io/budgets.llmgateway.dev",
        "customresourcedefinition.apiextensions.k8s.io/llmgateways.llmgateway.dev",
        "customresourcedefinition.apiextensions.k8s.io/modelroutes.llmgateway.dev",
        "customresourcedefinition.apiextensions.k8s.io/virtualkeys.llmgateway.dev",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_install_ends_in_a_URL_upgrades_change_it_and_an_uninstall_leaves_the_definitions_alone()
    {
        await using var cluster = await ChartCluster.StartAsync();
        var older = OlderChart();

        // Of an older chart, with definitions of its time.
        output.WriteLine(await cluster.Helm.RunAsync("install", "mine", older.FullName, "-n", Namespace, "--set", "gateway.create=true"));
        older.Delete(recursive: true);
        (await ShortNameAsync(cluster)).ShouldBe("formerkey");
        await cluster.UntilAsync("the operator's pod is admitted", async () =>
            (await NamesAsync(cluster, "pods")).Any(n => n.StartsWith("pod/llm-gateway-operator-", StringComparison.Ordinal)));
        await cluster.RollOperatorAsync();
        var key = await UntilServedAsync(cluster, "chat");

        // The same again: the definitions are newer, and it serves on.
        var uid = await UidAsync(cluster);
        await UpgradeAsync(cluster, "gateway.create=true");
        (await ShortNameAsync(cluster)).ShouldBe("vkey");
        await cluster.RollOperatorAsync();
        (await UntilServedAsync(cluster, "chat")).ShouldBe(key);

        // Another route in the place of the first; the gateway and its keys stay what they are.
        const string Route = "gateway.routes.other";
        const string Target = $"{Route}.targets[0].name=a,{Route}.targets[0].provider=Simulated";
        await UpgradeAsync(cluster, $"gateway.create=true,gateway.routes.chat=null,{Route}.model=other,{Target}");
        await cluster.RollOperatorAsync();
        (await UntilServedAsync(cluster, "other")).ShouldBe(key);
        await cluster.UntilAsync("the former route is gone", async () =>
            (await ClusterSpace.ChatAsync(cluster.Pods.Single(), key, "chat")).Status == HttpStatusCode.NotFound);
        (await UidAsync(cluster)).ShouldBe(uid);

        // Without it.
        await UpgradeAsync(cluster, "gateway.create=false");
        await cluster.UntilAsync("the gateway is gone with its pods", async () =>
            cluster.Pods.Count == 0 && (await NamesAsync(cluster, "llm,secrets,services"))
                .All(n => n == "service/llm-gateway-operator-metrics" || n.Contains("helm", StringComparison.Ordinal)));

        // And all of it.
        await UpgradeAsync(cluster, "gateway.create=true");
        await cluster.RollOperatorAsync();
        await UntilServedAsync(cluster, "chat");
        await cluster.StopOperatorAsync();
        output.WriteLine(await cluster.Helm.RunAsync("uninstall", "mine", "-n", Namespace));
        await UntilNothingIsLeftAsync(cluster, s_definitions);

        // The definitions that were kept are taken over again by a release of the name.
        await cluster.Helm.RunAsync("install", "mine", Helm.Chart, "-n", Namespace);
    }

    [Fact]
    public async Task Without_keeping_the_definitions_an_uninstall_takes_everything_along()
    {
        await using var cluster = await ChartCluster.StartAsync();
        await cluster.Helm.RunAsync("install", "mine", Helm.Chart, "-n", Namespace, "--set", "crds.keep=false");
        await cluster.RollOperatorAsync();
        await cluster.Kubectl.RunAsync("wait", "--for=condition=Established", "crd", "--all");
        await cluster.Kubectl.RunAsync("apply", "-k", "config/samples", "-n", Namespace);
        await UntilServedAsync(cluster, "chat");

        // The garbage collector looks for new kinds each 30 s, and can do nothing for kinds that come and go between two looks.
        await cluster.UntilAsync("team-red is there", async () => (await NamesAsync(cluster, "secrets")).Contains("secret/team-red-key"));
        await cluster.Kubectl.RunAsync("delete", "virtualkey", "team-red", "-n", Namespace);
        await cluster.UntilAsync("the collector knows the kinds", async () =>
            !(await NamesAsync(cluster, "secrets")).Contains("secret/team-red-key"));

        await cluster.StopOperatorAsync();
        await cluster.Helm.RunAsync("uninstall", "mine", "-n", Namespace);

        await UntilNothingIsLeftAsync(cluster, []);
    }

    private static async Task UpgradeAsync(ChartCluster cluster, string set) =>
        await cluster.Helm.RunAsync("upgrade", "mine", Helm.Chart, "-n", Namespace, "--set", set);

    /// <summary>The key of the gateway's first VirtualKey.</summary>
    private static async Task<string> UntilServedAsync(ChartCluster cluster, string model)
    {
        var key = "";
        await cluster.UntilAsync($"{model} is served", async () =>
        {
            if (cluster.Pods.Count != 1
                || await cluster.Api.FindAsync($"api/v1/namespaces/{Namespace}/secrets/demo-key", Cancellation) is not { } secret)
                return false;
            key = Encoding.UTF8.GetString(Convert.FromBase64String((string)secret["data"]!["api-key"]!));
            return (await ClusterSpace.ChatAsync(cluster.Pods.Single(), key, model)).Status == HttpStatusCode.OK;
        });
        return key;
    }

    private static async Task<string> UidAsync(ChartCluster cluster) =>
        (string)(await cluster.Api.GetAsync($"apis/llmgateway.dev/v1alpha1/namespaces/{Namespace}/llmgateways/main", Cancellation))
            ["metadata"]!["uid"]!;

    private static async Task<string> ShortNameAsync(ChartCluster cluster) =>
        (string)(await cluster.Api.GetAsync("apis/apiextensions.k8s.io/v1/customresourcedefinitions/virtualkeys.llmgateway.dev", Cancellation))
            ["spec"]!["names"]!["shortNames"]![0]!;

    /// <summary>Objects of every kind, Terminating ones too; events are history.</summary>
    private static async Task UntilNothingIsLeftAsync(ChartCluster cluster, string[] but)
    {
        string[] left = [];
        await cluster.UntilAsync(() => $"nothing is left: {string.Join(' ', left)}", async () =>
        {
            var kinds = (await cluster.Kubectl.RunAsync("api-resources", "--namespaced", "--verbs=list", "-o", "name")).Split('\n')
                .Where(k => k.Length > 0 && !k.StartsWith("events", StringComparison.Ordinal));
            left =
            [
                .. await NamesAsync(cluster, string.Join(',', kinds)),
                .. await NamesAsync(cluster, "crd,clusterroles,clusterrolebindings", "-l", "app.kubernetes.io/managed-by=Helm"),
            ];
            return left.Except(s_everywhere).Order(StringComparer.Ordinal).SequenceEqual(but);
        });
    }

    private static async Task<string[]> NamesAsync(ChartCluster cluster, string kinds, params string[] options)
    {
        var (_, names, error) = await cluster.Kubectl.TryAsync(
            ["get", kinds, "-o", "name", "-n", Namespace, "--ignore-not-found", .. options]);
        var problems = error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(l => !l.StartsWith("Warning: ", StringComparison.Ordinal));
        return [.. names.Split('\n', StringSplitOptions.RemoveEmptyEntries), .. problems];
    }

    /// <summary>A copy of the chart with another version and a definition that has been changed since.</summary>
    private static DirectoryInfo OlderChart()
    {
        var copy = Directory.CreateTempSubdirectory("chart-");
        foreach (var file in Directory.GetFiles(Helm.Chart, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy.FullName, Path.GetRelativePath(Helm.Chart, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            var text = File.ReadAllText(file);
            File.WriteAllText(target, Path.GetFileName(file) switch
            {
                "Chart.yaml" => text.Replace("\nversion: ", "\nversion: 0.0.1-before-", StringComparison.Ordinal),
                "virtualkeys.llmgateway.dev.yaml" => text.Replace("- vkey\n", "- formerkey\n", StringComparison.Ordinal),
                _ => text,
            });
        }

        return copy;
    }
}
