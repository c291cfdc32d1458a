using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;
using Operator.Tests.Kubernetes;
using Operator.Watch;

namespace Operator.Tests.Watch;

public sealed class ClusterViewTests
{
    /// <summary>A change that is missed would be waited for without end.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_change_in_the_cluster_queues_the_gateways_that_it_concerns_and_no_other()
    {
        await using var cluster = await TestCluster.StartAsync("double");
        var server = cluster.Double!;
        var queue = new WorkQueue<ObjectKey>(TestCluster.Quick, TimeProvider.System);
        var options = new InformerOptions { Backoff = TestCluster.Quick, Random = () => 0 };
        var view = new ClusterView(cluster.Client, options, [], queue, TimeProvider.System, NullLogger.Instance);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = view.RunAsync(over.Token);
        await view.WaitForSyncAsync(Cancellation).WaitAsync(s_patience, Cancellation);

        server.Create("llmgateways", cluster.Namespace, Object("main", new() { ["spec"] = new JsonObject() }));
        await ExpectAsync("main");
        server.Create("llmgateways", cluster.Namespace, Object("other", new() { ["spec"] = new JsonObject() }));
        await ExpectAsync("other");

        server.Create("modelroutes", cluster.Namespace, Object("r", new() { ["spec"] = Route("main") }));
        await ExpectAsync("main");
        server.Patch("modelroutes", cluster.Namespace, "r", new() { ["spec"] = Route("other") });
        await ExpectAsync("main", "other");

        // The Secret of its target; another one is nobody's.
        await cluster.CreateSecretAsync("unrelated");
        await cluster.CreateSecretAsync("openai");
        await ExpectAsync("other");

        // A child that was deleted by hand.
        var owner = new JsonObject { ["apiVersion"] = ResourceGroup.ApiVersion, ["kind"] = "LlmGateway", ["name"] = "main", ["uid"] = "u" };
        var labels = new JsonObject { [ChildLabels.ManagedBy] = ResourceGroup.Name };
        server.Create("services", cluster.Namespace, Object("main", new(), labels, owner));
        await ExpectAsync("main");
        server.Delete("services", cluster.Namespace, "main");
        await ExpectAsync("main");

        var pod = new JsonObject { [ChildLabels.ManagedBy] = ResourceGroup.Name, [ChildLabels.Instance] = "other" };
        server.Create("pods", cluster.Namespace, Object("other-1", new(), pod));
        await ExpectAsync("other");

        // Of namespaces the labels count.
        server.Patch("namespaces", "", cluster.Namespace, new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["team"] = "x" } } });
        await ExpectAsync("main", "other");
        server.Patch("namespaces", "", cluster.Namespace, new() { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["a"] = "b" } } });

        // A status is our own doing.
        server.Patch("llmgateways", cluster.Namespace, "main", new() { ["status"] = new JsonObject { ["replicas"] = 1 } }, "status");
        server.Delete("llmgateways", cluster.Namespace, "other");
        await ExpectAsync("other");
        queue.Depth.ShouldBe(0);

        await over.CancelAsync();
        await running;

        async Task ExpectAsync(params string[] names)
        {
            var taken = new List<string>();
            while (taken.Count < names.Length)
            {
                var key = await queue.TakeAsync(Cancellation).WaitAsync(s_patience, Cancellation);
                key.Namespace.ShouldBe(cluster.Namespace);
                queue.Done(key);
                taken.Add(key.Name);
            }

            taken.Order().ShouldBe(names.Order());
        }
    }

    private static JsonObject Route(string gateway) => new()
    {
        ["gatewayRefs"] = new JsonArray(new JsonObject { ["name"] = gateway }),
        ["model"] = "m",
        ["targets"] = new JsonArray(new JsonObject
        {
            ["name"] = "t",
            ["provider"] = "OpenAI",
            ["credentials"] = new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "openai", ["key"] = "k" } },
        }),
    };

    private static JsonObject Object(string name, JsonObject content, JsonObject? labels = null, JsonObject? owner = null)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (labels is not null)
            metadata["labels"] = labels;
        if (owner is not null)
            metadata["ownerReferences"] = new JsonArray(owner);
        content["metadata"] = metadata;
        return content;
    }
}
