using System.Collections.Immutable;
using System.Net;
using Integration.Tests.Chart;
using Integration.Tests.Cluster;

namespace Integration.Tests.Documentation;

/// <summary>What the pages tell their readers to type for a cluster, word by word, on a real API server.</summary>
public sealed class ClusterCommandsTests(GatewayCluster cluster, ITestOutputHelper output) : IClassFixture<GatewayCluster>
{
    /// <summary>How commands begin that cannot be run here, and why not.</summary>
    private static readonly ImmutableSortedDictionary<string, string> s_elsewhere = new Dictionary<string, string>
    {
        ["make images"] = "needs a container tool and a registry: `make images` is a job of .github/workflows",
        ["kind load"] = "needs kind",
        ["kubectl port-forward"] = "goes through a kubelet",
        ["kubectl exec"] = "goes through a kubelet",
        ["operator spend --state"] = "of `make run`, no cluster: Standalone.SpendTests",
        ["export GATEWAY_URL"] = "leads to the port-forward; the pod is called in its place",
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    [Fact]
    public async Task The_pages_of_the_chart_install_call_and_uninstall_a_gateway()
    {
        await using var chart = await ChartCluster.StartAsync();
        var shell = new Shell(chart.KubeConfig);

        // Of the chart: install, upgrade, uninstall.
        await RunAsync(shell, DocumentedCommands.Of("charts/llm-gateway-operator/README.md"), 3);
        await shell.RunAsync("kubectl delete -k crds");

        // Of the first page: install, and what helm says then.
        var commands = DocumentedCommands.Of("README.md", "## On a cluster");
        var install = commands.Single(c => c.StartsWith("helm install", StringComparison.Ordinal));
        var notes = DocumentedCommands.In(await shell.RunAsync(install));
        await chart.RollOperatorAsync();
        await chart.UntilAsync("a pod runs", () => Task.FromResult(chart.Pods.Count == 1));
        shell.Variables["GATEWAY_URL"] = chart.Pods.Single().Url;
        await RunAsync(shell, notes, 5);

        // And what comes after it.
        await RunAsync(shell, commands.Remove(install), 4);
        (await shell.RunAsync("kubectl get budgets -n try -o name")).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task The_operators_page_installs_serves_changes_and_uninstalls_by_kustomize()
    {
        _ = cluster.Server;
        await cluster.Kubectl.RunAsync("create", "namespace", "team-a");
        var (space, folder) = (new ClusterSpace(cluster, "team-a"), Directory.CreateTempSubdirectory("commands-"));
        var config = Path.Combine(folder.FullName, "config");
        File.Copy(cluster.Server.KubeConfig, config);
        var shell = new Shell(config) { Variables = { ["OPENAI_API_KEY"] = "sk-of-openai" } };
        await shell.RunAsync("kubectl config set-context --current --namespace=team-a");
        var commands = DocumentedCommands.Of("operator/README.md");
        var applied = commands.IndexOf(commands.First(c => c.Contains("config/samples", StringComparison.Ordinal))) + 1;

        await RunAsync(shell, commands[..applied], 2);
        await space.UntilServedAsync(1);
        await space.UntilAsync("the key is there", async () => await space.FindAsync("secrets", "demo-key") is not null);
        await RunAsync(shell, commands[applied..], 12);

        await space.UntilAsync("the route has its Secret", async () =>
            ClusterSpace.Condition(await space.GetAsync("modelroutes", "gpt"), "Programmed") == "True");
        await space.UntilChatAsync(HttpStatusCode.Unauthorized, shell.Variables["GATEWAY_KEY"]);
        output.WriteLine(await shell.RunAsync("kubectl delete -k config/default --timeout=90s"));
        folder.Delete(recursive: true);
    }

    /// <summary>Each prints something, and so many of them can be run.</summary>
    private async Task RunAsync(Shell shell, IEnumerable<string> commands, int count)
    {
        var here = commands.Where(c => !s_elsewhere.Keys.Any(e => c.StartsWith(e, StringComparison.Ordinal))).ToList();
        foreach (var command in here)
        {
            var printed = await shell.RunAsync(command);
            output.WriteLine($"$ {command}\n{printed}");
            printed.ShouldNotBeNullOrWhiteSpace(command);
        }

        here.Count.ShouldBe(count, string.Join('\n', here));
    }
}
