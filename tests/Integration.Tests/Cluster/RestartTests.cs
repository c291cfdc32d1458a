using System.Net;
using Support.Stores;

namespace Integration.Tests.Cluster;

/// <summary>What ends and comes again: the operator, pods, a gateway.</summary>
public sealed class RestartTests(GatewayCluster cluster, ITestOutputHelper output) : IClassFixture<GatewayCluster>
{
    [Fact]
    public async Task A_killed_operator_comes_back_and_writes_nothing_but_what_differs()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();
        await space.UntilRestedAsync(1);
        var (demo, red) = (await space.KeyAsync("demo"), await space.KeyAsync("team-red"));
        var before = await space.VersionsAsync();

        await cluster.Operator.KillAsync();
        (await ClusterSpace.ChatAsync(space.Pods.Single(), demo)).Status.ShouldBe(HttpStatusCode.OK);
        cluster.StartOperator();
        await cluster.Operator.UntilSaidAsync("waits for the lease, which ", TestContext.Current.CancellationToken);
        output.WriteLine($"killed, back to work after {await space.UntilRestedAsync(1)}");

        (await space.VersionsAsync()).ShouldBe(before);

        (await cluster.Operator.StopAsync()).ShouldBe(0, cluster.Operator.Output);
        await space.DeleteAsync("services", "main");
        await space.PatchAsync("virtualkeys", "demo", """{"spec":{"state":"Blocked"}}""");
        cluster.StartOperator();
        output.WriteLine($"stopped, a block is felt after {await space.UntilChatAsync(HttpStatusCode.Unauthorized, demo)}");
        await space.UntilRestedAsync(1);

        var after = await space.VersionsAsync();
        after.Keys.Except(before.Keys).ShouldAllBe(k => k.StartsWith("secrets/main-config-", StringComparison.Ordinal));
        var changed = before.Keys.Where(k => after.GetValueOrDefault(k) != before[k] && !k.StartsWith("secrets/main-config-", StringComparison.Ordinal));
        changed.ShouldBe(["llmgateways/main", "services/main", "virtualkeys/demo"], ignoreOrder: true);
        (await ClusterSpace.ChatAsync(space.Pods.Single(), red)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Three_pods_serve_whatever_happens_to_one_and_none_are_needed_to_keep_a_block()
    {
        _ = cluster.Server;
        await using var postgres = await PostgresServer.StartNewAsync();
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();
        var (demo, red) = (await space.KeyAsync("demo"), await space.KeyAsync("team-red"));
        await space.CreateSecretAsync("postgres", "uri", postgres.Url);

        await space.PatchAsync(
            "llmgateways", "main", """{"spec":{"replicas":3,"postgres":{"secretRef":{"name":"postgres","key":"uri"}}}}""");
        output.WriteLine($"three pods serve after {await space.UntilServedAsync(3)}");

        var lost = space.Pods[1];
        await Task.WhenAll(
            cluster.Kubelet.LoseAsync(lost),
            space.PatchAsync("virtualkeys", "demo", """{"spec":{"state":"Blocked"}}"""));
        output.WriteLine($"blocked everywhere after {await space.UntilChatAsync(HttpStatusCode.Unauthorized, demo)}");
        output.WriteLine($"and replaced after {await space.UntilServedAsync(3)}");
        space.Pods.ShouldNotContain(lost);

        var killed = space.Pods[0];
        await killed.KillAsync();
        await space.PatchAsync("virtualkeys", "demo", """{"spec":{"state":"Active"}}""");
        await space.UntilChatAsync(HttpStatusCode.OK, demo);
        await space.UntilServedAsync(3);
        killed.Restarts.ShouldBe(1);

        await space.PatchAsync("llmgateways", "main", """{"spec":{"replicas":0}}""");
        await space.UntilAsync("no pod is left", async () => space.Pods.Count == 0 && (await space.ListAsync("pods")).Count == 0);
        await space.PatchAsync("virtualkeys", "demo", """{"spec":{"state":"Blocked"}}""");
        await space.PatchAsync("llmgateways", "main", """{"spec":{"replicas":3}}""");
        output.WriteLine($"three pods serve again after {await space.UntilServedAsync(3)}");
        foreach (var pod in space.Pods)
        {
            (await ClusterSpace.ChatAsync(pod, demo)).Status.ShouldBe(HttpStatusCode.Unauthorized);
            (await ClusterSpace.ChatAsync(pod, red)).Status.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task A_gateway_that_is_deleted_leaves_its_keys_and_they_work_when_it_is_back()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();
        var demo = await space.KeyAsync("demo");

        await space.DeleteAsync("llmgateways", "main");
        output.WriteLine($"no pod is left after {await space.UntilAsync("no pod is left", async () =>
            space.Pods.Count == 0 && (await space.ListAsync("pods")).Count == 0)}");
        await space.UntilAsync("children are collected", async () =>
            (await space.VersionsAsync()).Keys.Where(k => k.EndsWith("/main", StringComparison.Ordinal)
                || k.StartsWith("secrets/main-", StringComparison.Ordinal)).ToList() is []);
        foreach (var kind in new[] { ("modelroutes", "chat"), ("virtualkeys", "demo"), ("budgets", "monthly") })
        {
            await space.UntilAsync($"{kind} says that its gateway is missing", async () =>
                ClusterSpace.Reason(await space.GetAsync(kind.Item1, kind.Item2), "Accepted") == "GatewayNotFound");
        }

        await space.ApplySamplesAsync();
        output.WriteLine($"serves again after {await space.UntilServedAsync(1)}");
        await space.UntilChatAsync(HttpStatusCode.OK, demo);

        await space.DeleteAsync("llmgateways", "main");
        await space.ApplySamplesAsync();
        output.WriteLine($"made anew at once, serves after {await space.UntilServedAsync(1)}");
        await space.UntilChatAsync(HttpStatusCode.OK, demo);
        (await space.KeyAsync("demo")).ShouldBe(demo);
    }
}
