using System.Net;
using System.Text.Json.Nodes;

namespace Integration.Tests.Cluster;

/// <summary>Children of kinds that a cluster may have or not.</summary>
[Collection(SharedCluster.Name)]
public sealed class ChildrenTests(GatewayCluster cluster, ITestOutputHelper output)
{
    private const string Definitions = "apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Routes_and_monitors_come_with_their_definitions_and_a_gateway_serves_without_them()
    {
        _ = cluster.Server;
        var space = await cluster.SpaceAsync();
        await space.ServeSamplesAsync();
        var demo = await space.KeyAsync("demo");
        (await space.FindAsync("networkpolicies", "main")).ShouldNotBeNull();

        await space.PatchAsync("llmgateways", "main", """{"spec":{"exposure":{"gatewayAPI":{"parentRefs":[{"name":"edge"}]}}}}""");
        await space.UntilAsync("a route that cannot be made is told of", async () =>
            ClusterSpace.Message(await space.GetAsync("llmgateways", "main"), "Deployed")?.Contains("install the Gateway API", StringComparison.Ordinal) == true);
        (await ClusterSpace.ChatAsync(space.Pods.Single(), demo)).Status.ShouldBe(HttpStatusCode.OK);

        await DefineAsync("gateway.networking.k8s.io", "HTTPRoute");
        await DefineAsync("monitoring.coreos.com", "PodMonitor");
        await space.UntilAsync("the route and the monitor are there", async () =>
            await space.FindAsync("httproutes", "main") is not null && await space.FindAsync("podmonitors", "main") is not null);
        await space.UntilAsync("nothing is missing", async () =>
            ClusterSpace.Condition(await space.GetAsync("llmgateways", "main"), "Deployed") == "True");
        var backend = (await space.GetAsync("httproutes", "main"))["spec"]!["rules"]![0]!["backendRefs"]![0]!;
        ((string?)backend["name"], (int?)backend["port"]).ShouldBe(("main", 4000));

        await cluster.Api.DeleteAsync($"{Definitions}/httproutes.gateway.networking.k8s.io", cancellation: Cancellation);
        await cluster.Api.DeleteAsync($"{Definitions}/podmonitors.monitoring.coreos.com", cancellation: Cancellation);
        await space.PatchAsync("virtualkeys", "demo", """{"spec":{"state":"Blocked"}}""");
        output.WriteLine($"blocked after {await space.UntilChatAsync(HttpStatusCode.Unauthorized, demo)}");
        await space.PatchAsync("llmgateways", "main", """{"spec":{"exposure":null}}""");
        await space.UntilServedAsync(1);
        cluster.Operator.HasExited.ShouldBeFalse(cluster.OperatorOutput);
    }

    private async Task DefineAsync(string group, string kind)
    {
        var plural = kind.ToLowerInvariant() + "s";
        await cluster.Api.CreateAsync(Definitions, new()
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{plural}.{group}",
                ["annotations"] = new JsonObject { ["api-approved.kubernetes.io"] = "unapproved, a double for tests" },
            },
            ["spec"] = new JsonObject
            {
                ["group"] = group,
                ["scope"] = "Namespaced",
                ["names"] = new JsonObject { ["kind"] = kind, ["plural"] = plural },
                ["versions"] = new JsonArray(new JsonObject
                {
                    ["name"] = "v1",
                    ["served"] = true,
                    ["storage"] = true,
                    ["schema"] = new JsonObject
                    {
                        ["openAPIV3Schema"] = new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true },
                    },
                }),
            },
        }, Cancellation);
        await cluster.Kubectl.RunAsync("wait", "--for=condition=Established", $"crd/{plural}.{group}");
    }
}
