using System.Net;

namespace Integration.Tests.Cluster;

/// <summary>The definitions go, as when the product is uninstalled. Nothing else is tested in a cluster that this is done to.</summary>
public sealed class UninstallTests(GatewayCluster cluster, ITestOutputHelper output) : IClassFixture<GatewayCluster>
{
    [Fact]
    public async Task The_definitions_can_go_and_come_again()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();

        output.WriteLine(await cluster.Kubectl.RunAsync("delete", "-k", "crds", "--timeout=90s"));
        await space.UntilAsync("no pod is left", async () => space.Pods.Count == 0 && (await space.ListAsync("pods")).Count == 0);
        await space.UntilAsync("nothing is left", async () =>
            (await space.ListAsync("secrets")).Count == 0 && (await space.ListAsync("deployments")).Count == 0);
        await cluster.Operator.UntilSaidAsync("of all namespaces was interrupted", TestContext.Current.CancellationToken);

        await cluster.Kubectl.RunAsync("apply", "--server-side", "-k", "crds");
        await cluster.Kubectl.RunAsync("wait", "--for=condition=Established", "crd", "--all");
        await space.ServeSamplesAsync();
        await space.UntilChatAsync(HttpStatusCode.OK, await space.KeyAsync("demo"));
    }
}
