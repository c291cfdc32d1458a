namespace Integration.Tests.Cluster;

/// <summary>Nothing of the product stands in the way of a deletion: there are no finalizers.</summary>
[Collection(SharedCluster.Name)]
public sealed class RemovalTests(GatewayCluster cluster, ITestOutputHelper output)
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
            await cluster.Operator.StopAsync();

        output.WriteLine(await cluster.Kubectl.RunAsync("delete", "namespace", space.Name, "--timeout=90s"));

        (await cluster.Api.FindAsync($"api/v1/namespaces/{space.Name}", TestContext.Current.CancellationToken)).ShouldBeNull();
        await space.UntilAsync("no process is left", () => Task.FromResult(space.Pods.Count == 0));
        if (!withOperator)
            cluster.StartOperator();
    }
}
