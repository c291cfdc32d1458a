using System.Net;
using System.Text.Json.Nodes;
using Support;
using Support.Cluster;

namespace Integration.Tests.Cluster;

/// <summary>An operator that may look at one namespace, and knows nothing of another.</summary>
[Collection(SharedCluster.Name)]
public sealed class NamespacedTests(GatewayCluster cluster, ITestOutputHelper output)
{
    [Fact]
    public async Task With_rights_in_one_namespace_the_operator_serves_it_and_leaves_others_alone()
    {
        _ = cluster.Server;
        var (own, other) = (await cluster.SpaceAsync(), await cluster.SpaceAsync());
        await cluster.Operator.StopAsync();
        await InstallAsync(own.Name);
        var account = $"system:serviceaccount:{own.Name}:llm-gateway-operator";
        (await cluster.Kubectl.TryAsync("auth", "can-i", "list", "secrets", "--as", account, "-n", other.Name)).Output.Trim().ShouldBe("no");
        await other.ApplySamplesAsync();

        await using (var @operator = OperatorProcess.Start(cluster.Server.KubeConfigOf(account), own.Name, own.Name))
        {
            await own.ServeSamplesAsync();
            await own.UntilChatAsync(HttpStatusCode.OK, await own.KeyAsync("demo"));
            await own.PatchAsync(
                "llmgateways", "main",
                """{"spec":{"allowedKeys":{"namespaces":{"from":"Selector","selector":{"matchLabels":{"team":"red"}}}}}}""");
            await own.UntilAsync("a selector that needs more rights says so", async () =>
                ClusterSpace.Reason(await own.GetAsync("llmgateways", "main"), "Accepted") == "NamespacesNotWatched");
            (await @operator.StopAsync()).ShouldBe(0, @operator.Output);
            output.WriteLine(@operator.Output);
        }

        (await other.GetAsync("llmgateways", "main"))["status"].ShouldBeNull();
        (await other.ListAsync("secrets")).ShouldBeEmpty();
        other.Pods.ShouldBeEmpty();
        cluster.StartOperator();
    }

    [Fact]
    public async Task A_role_of_an_older_release_ends_the_operator_with_the_rights_that_are_missing()
    {
        _ = cluster.Server;
        var own = await cluster.SpaceAsync();
        await InstallAsync(own.Name);
        var account = $"system:serviceaccount:{own.Name}:llm-gateway-operator";
        const string Older = """
            [{"op":"test","path":"/rules/3/apiGroups/0","value":"apps"},{"op":"replace","path":"/rules/3/verbs","value":["get","list"]}]
            """;
        await cluster.Kubectl.RunAsync("patch", "role", "llm-gateway-operator", "-n", own.Name, "--type", "json", "-p", Older);
        await own.UntilAsync("the API server knows of the role", async () =>
            await cluster.Kubectl.TryAsync("auth", "can-i", "patch", "services", "--as", account, "-n", own.Name) is { ExitCode: 0 }
            && await cluster.Kubectl.TryAsync("auth", "can-i", "patch", "deployments", "--as", account, "-n", own.Name) is { ExitCode: 1 });

        await using var @operator = OperatorProcess.Start(cluster.Server.KubeConfigOf(account), own.Name, own.Name);
        await @operator.EndAsync();

        (await @operator.StopAsync()).ShouldBe(1);
        @operator.Output.ShouldContain(
            $"the operator may not create, patch, watch deployments.apps in {own.Name}: install its roles with "
            + "`kubectl apply --server-side -k config/namespaced`, or the chart's `rbac.create`");
    }

    /// <summary>As its comment says: a kustomization of one's own that names the namespace.</summary>
    private async Task InstallAsync(string ns)
    {
        var folder = Directory.CreateTempSubdirectory("namespaced-");
        var config = Path.GetRelativePath(folder.FullName, Path.Combine(GoldenFile.RepositoryRoot, "config/namespaced"));
        var kustomization = new JsonObject { ["namespace"] = ns, ["resources"] = new JsonArray(config) };
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "kustomization.yaml"), kustomization.ToJsonString());
        await cluster.Kubectl.RunAsync("apply", "--server-side", "-k", folder.FullName);
        folder.Delete(recursive: true);
    }
}
