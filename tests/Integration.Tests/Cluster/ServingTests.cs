using System.Net;

namespace Integration.Tests.Cluster;

/// <summary>What a user of the samples sees, and how soon a change of theirs is felt.</summary>
[Collection(SharedCluster.Name)]
public sealed class ServingTests(GatewayCluster cluster, ITestOutputHelper output)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task The_samples_serve_say_so_and_open_up_when_a_secret_comes()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ApplySamplesAsync();
        output.WriteLine($"serves after {await space.UntilServedAsync(1)}");

        var pod = space.Pods.Single();
        (await ClusterSpace.ChatAsync(pod, await space.KeyAsync("demo"))).ShouldSatisfyAllConditions(
            a => a.Status.ShouldBe(HttpStatusCode.OK, a.Body), a => a.Body.ShouldContain("\"choices\""));
        (await ClusterSpace.ChatAsync(pod, await space.KeyAsync("team-red"))).Status.ShouldBe(HttpStatusCode.OK);
        (await ClusterSpace.ChatAsync(pod, "sk-wrong")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        foreach (var route in new[] { "chat", "resilient", "local" })
        {
            await space.UntilAsync($"{route} is programmed", async () =>
                await space.GetAsync("modelroutes", route) is var r
                && ClusterSpace.Condition(r, "Accepted") == "True" && ClusterSpace.Condition(r, "Programmed") == "True");
        }

        foreach (var route in new[] { "gpt", "claude" })
        {
            ClusterSpace.Reason(await space.GetAsync("modelroutes", route), "ResolvedRefs").ShouldBe("SecretNotFound");
            ClusterSpace.Condition(await space.GetAsync("modelroutes", route), "ResolvedRefs").ShouldBe("False");
        }

        await space.CreateSecretAsync("openai", "api-key", "sk-of-openai");
        var live = await space.UntilAsync("gpt is programmed", async () =>
            ClusterSpace.Condition(await space.GetAsync("modelroutes", "gpt"), "Programmed") == "True");
        output.WriteLine($"a route that got its Secret is live after {live}");
        (await space.GetAsync("modelroutes", "gpt")).ShouldSatisfyAllConditions(
            r => ClusterSpace.Condition(r, "ResolvedRefs").ShouldBe("True"));
    }

    [Fact]
    public async Task A_block_a_spent_budget_and_a_deletion_are_felt_at_once()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();
        var (demo, red) = (await space.KeyAsync("demo"), await space.KeyAsync("team-red"));
        await space.UntilChatAsync(HttpStatusCode.OK, red);

        await space.PatchAsync("virtualkeys", "demo", """{"spec":{"state":"Blocked"}}""");
        output.WriteLine($"blocked after {await space.UntilChatAsync(HttpStatusCode.Unauthorized, demo, atMost: s_soon)}");
        (await ClusterSpace.ChatAsync(space.Pods.Single(), demo)).Body.ShouldContain("blocked_key");
        await space.PatchAsync("virtualkeys", "demo", """{"spec":{"state":"Active"}}""");
        output.WriteLine($"active after {await space.UntilChatAsync(HttpStatusCode.OK, demo, atMost: s_soon)}");

        await space.PatchAsync("budgets", "monthly", """{"spec":{"limit":{"cost":{"amount":"0.000001"}}}}""");
        output.WriteLine($"over budget after {await space.UntilChatAsync(HttpStatusCode.TooManyRequests, red, atMost: s_soon)}");
        await space.PatchAsync("budgets", "monthly", """{"spec":{"limit":{"cost":{"amount":"25.00"}}}}""");
        output.WriteLine($"within budget after {await space.UntilChatAsync(HttpStatusCode.OK, red, atMost: s_soon)}");

        await space.DeleteAsync("virtualkeys", "team-red");
        output.WriteLine($"deleted after {await space.UntilChatAsync(HttpStatusCode.Unauthorized, red, atMost: s_soon)}");
        (await ClusterSpace.ChatAsync(space.Pods.Single(), demo)).Status.ShouldBe(HttpStatusCode.OK);
        await space.UntilAsync("the revocation is told", async () =>
            (await space.ListAsync("events")).Any(e => (string?)e["reason"] == "KeysRevoked"));
        await space.UntilAsync("its Secret is collected", async () => await space.FindAsync("secrets", "team-red-key") is null);
    }
}
