using System.Net;

namespace Integration.Tests.Cluster;

/// <summary>What a user of the samples sees, and how soon a change of theirs is felt.</summary>
public sealed class ServingTests(GatewayCluster cluster, ITestOutputHelper output) : IClassFixture<GatewayCluster>
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
    public async Task Kubectl_shows_columns_conditions_and_events()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();
        await space.UntilAsync("the key's event is there", async () =>
            (await space.ListAsync("events")).Any(e => (string?)e["reason"] == "KeyCreated"));

        var shown = await space.KubectlAsync("get", "llmgateways,modelroutes,virtualkeys,budgets");
        output.WriteLine(shown);
        var headers = shown.Split('\n').Where(l => l.StartsWith("NAME ", StringComparison.Ordinal)).Select(Words).ToList();
        headers.ShouldBe([
            "NAME READY PODS DESIRED CONFIG ROUTES KEYS AGE",
            "NAME MODEL TARGETS GATEWAY ACCEPTED PROGRAMMED AGE",
            "NAME GATEWAY STATE SECRET READY EXPIRES AGE",
            "NAME LIMIT PERIOD SPENT USED% EXCEEDED ENFORCED AGE",
        ]);
        Row(shown, "llmgateway.llmgateway.dev/main").ShouldStartWith("True 1 1 1/1 3 2 ");
        Row(shown, "modelroute.llmgateway.dev/chat").ShouldStartWith("chat 1 main True True ");
        Row(shown, "virtualkey.llmgateway.dev/demo").ShouldStartWith("main Active demo-key True ");
        Row(shown, "budget.llmgateway.dev/monthly").ShouldStartWith("25.00 USD Monthly ");

        var key = await space.KubectlAsync("describe", "virtualkey", "demo");
        output.WriteLine(key);
        key.ShouldContain("KeyCreated");
        key.ShouldNotContain(await space.KeyAsync("demo"));
        var route = await space.KubectlAsync("describe", "modelroute", "gpt");
        route.ShouldContain("SecretNotFound");
        output.WriteLine(await space.KubectlAsync("describe", "llmgateway", "main"));
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

    private static string Row(string table, string name) =>
        Words(table.Split('\n').Single(l => l.StartsWith(name + " ", StringComparison.Ordinal))[name.Length..]);

    private static string Words(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
