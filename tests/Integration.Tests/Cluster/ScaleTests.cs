using Support.Stores;

namespace Integration.Tests.Cluster;

/// <summary>How many pods there are is said by hand, by kubectl or by the HorizontalPodAutoscaler of Kubernetes.</summary>
[Collection(SharedCluster.Name)]
public sealed class ScaleTests(GatewayCluster cluster, ITestOutputHelper output)
{
    [Fact]
    public async Task Kubectl_and_the_autoscaler_scale_a_gateway()
    {
        _ = cluster.Server;
        await using var postgres = await PostgresServer.StartNewAsync();
        var space = await cluster.SpaceAsync();
        await space.CreateSecretAsync("postgres", "uri", postgres.Url);
        await space.ServeSamplesAsync();
        await space.PatchAsync("llmgateways", "main", """{"spec":{"postgres":{"secretRef":{"name":"postgres","key":"uri"}}}}""");

        await space.KubectlAsync("scale", "llmgateway", "main", "--replicas=2");
        output.WriteLine($"by kubectl: two pods serve after {await space.UntilServedAsync(2)}");
        (await space.FindAsync("poddisruptionbudgets", "main")).ShouldNotBeNull();
        await space.KubectlAsync("scale", "llmgateway", "main", "--replicas=1");
        output.WriteLine($"and one after {await space.UntilServedAsync(1)}");
        (await space.FindAsync("poddisruptionbudgets", "main")).ShouldBeNull();

        // Without metrics an autoscaler does nothing but keep to its bounds.
        await space.PatchAsync("llmgateways", "main", """{"spec":{"autoscaling":{"minReplicas":2,"maxReplicas":3}}}""");
        output.WriteLine($"by the autoscaler: two pods serve after {await space.UntilServedAsync(2)}");
        await space.UntilAsync("it has scaled the gateway", async () => await ReplicasAsync(space) == 2);

        // In two steps: an autoscaler that is there still may write what it wants a last time.
        await space.PatchAsync("llmgateways", "main", """{"spec":{"autoscaling":null}}""");
        await space.UntilAsync("the autoscaler is gone", async () => (await space.ListAsync("horizontalpodautoscalers")).Count == 0);
        await space.PatchAsync("llmgateways", "main", """{"spec":{"replicas":1}}""");
        output.WriteLine($"without one, one after {await space.UntilServedAsync(1)}");
        (await ReplicasAsync(space)).ShouldBe(1);
    }

    private static async Task<int?> ReplicasAsync(ClusterSpace space) => (int?)(await space.GetAsync("llmgateways", "main"))["spec"]!["replicas"];
}
