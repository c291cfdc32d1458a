using System.Net;

namespace Integration.Tests.Cluster;

/// <summary>Nothing of the product stands in the way of a deletion: there are no finalizers.</summary>
public sealed class RemovalTests(GatewayCluster cluster, ITestOutputHelper output) : IClassFixture<GatewayCluster>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_namespace_is_gone_soon_after_its_deletion(bool withOperator)
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();
        if (!withOperator)
            await cluster.Operator.KillAsync();

        output.WriteLine(await cluster.Kubectl.RunAsync("delete", "namespace", space.Name, "--timeout=90s"));

        (await cluster.Api.FindAsync($"api/v1/namespaces/{space.Name}", TestContext.Current.CancellationToken)).ShouldBeNull();
        await space.UntilAsync("no process is left", () => Task.FromResult(space.Pods.Count == 0));
        if (!withOperator)
            cluster.StartOperator();
    }

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

        await cluster.Kubectl.RunAsync("apply", "--server-side", "-k", "crds");
        await cluster.Kubectl.RunAsync("wait", "--for=condition=Established", "crd", "--all");
        if (cluster.Operator.HasExited)
            cluster.StartOperator();
        await space.ApplySamplesAsync();
        output.WriteLine($"serves again after {await space.UntilServedAsync(1)}");
        await space.UntilChatAsync(HttpStatusCode.OK, await space.KeyAsync("demo"));
    }
}
