using System.Net;

namespace Integration.Tests.Cluster;

/// <summary>An API server that is gone, silent, or back from a backup: calls go on, and what has changed is felt afterwards.</summary>
public sealed class OutageTests(GatewayCluster cluster, ITestOutputHelper output) : IClassFixture<GatewayCluster>
{
    /// <summary>The operator gives up its lease after 10 s.</summary>
    private static readonly TimeSpan s_beyondTheLease = TimeSpan.FromSeconds(12);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_go_on_while_the_api_server_is_down_and_changes_are_felt_once_it_is_back()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();
        var (demo, red) = (await space.KeyAsync("demo"), await space.KeyAsync("team-red"));

        await cluster.Server.KillAsync();
        (await ClusterSpace.ChatAsync(space.Pods.Single(), demo)).Status.ShouldBe(HttpStatusCode.OK);
        await space.Pods.Single().KillAsync();
        output.WriteLine($"a pod that starts meanwhile serves after {await space.UntilChatAsync(HttpStatusCode.OK, demo)}");
        await cluster.Server.StartAgainAsync(Cancellation);

        await space.PatchAsync("virtualkeys", "demo", """{"spec":{"state":"Blocked"}}""");
        output.WriteLine($"blocked after {await space.UntilChatAsync(HttpStatusCode.Unauthorized, demo)}");
        (await ClusterSpace.ChatAsync(space.Pods.Single(), red)).Status.ShouldBe(HttpStatusCode.OK);
        await space.UntilServedAsync(1);
    }

    [Fact]
    public async Task A_silent_api_server_takes_nothing_from_pods()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();
        var demo = await space.KeyAsync("demo");

        await cluster.Server.PauseAsync();
        try
        {
            await Task.Delay(s_beyondTheLease, Cancellation);
            (await ClusterSpace.ChatAsync(space.Pods.Single(), demo)).Status.ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            await cluster.Server.ContinueAsync();
        }

        await space.PatchAsync("virtualkeys", "demo", """{"spec":{"state":"Blocked"}}""");
        output.WriteLine($"blocked after {await space.UntilChatAsync(HttpStatusCode.Unauthorized, demo)}");
    }

    [Fact]
    public async Task After_a_restore_pods_follow_the_older_state_by_a_higher_revision()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();
        var (demo, red) = (await space.KeyAsync("demo"), await space.KeyAsync("team-red"));
        await space.UntilRestedAsync(1);
        var backup = await cluster.Server.SaveAsync(Cancellation);
        await space.PatchAsync("virtualkeys", "demo", """{"spec":{"state":"Blocked"}}""");
        await space.UntilChatAsync(HttpStatusCode.Unauthorized, demo);
        await space.DeleteAsync("virtualkeys", "team-red");
        await space.UntilChatAsync(HttpStatusCode.Unauthorized, red);

        await cluster.Server.RestoreAsync(backup, Cancellation);

        output.WriteLine($"follows after {await space.UntilChatAsync(HttpStatusCode.OK, demo)}");
        await space.UntilChatAsync(HttpStatusCode.OK, red);
        await space.UntilServedAsync(1);
    }
}
