using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;
using Operator.Watch;

namespace Operator.Tests.Watch;

public sealed class ConcernsTests
{
    private const string Route =
        """
        apiVersion: llmgateway.dev/v1alpha1
        kind: ModelRoute
        metadata: {name: r, namespace: team}
        spec: {gatewayRefs: [{name: one}, {name: two}], model: m, targets: [{name: t, provider: Simulated}]}
        """;

    private const string Key =
        """
        apiVersion: llmgateway.dev/v1alpha1
        kind: VirtualKey
        metadata: {name: k, namespace: apps}
        spec: {gatewayRef: {name: main, namespace: team}, models: ["*"]}
        """;

    private const string Gateway =
        """
        apiVersion: llmgateway.dev/v1alpha1
        kind: LlmGateway
        metadata: {name: main, namespace: team}
        spec: {}
        """;

    [Fact]
    public void Route_that_moves_concerns_the_gateways_that_it_leaves_and_those_that_it_joins()
    {
        var before = Read<ModelRoute>(Route);
        var after = Read<ModelRoute>(Route.Replace("one", "three", StringComparison.Ordinal)) with { Metadata = before.Metadata with { Generation = 2 } };

        Concerns.Of(Change(before, after)).Select(k => k.ToString()).ShouldBe(["team/one", "team/two", "team/three"]);
        Concerns.Of(Change(before, null)).Select(k => k.ToString()).ShouldBe(["team/one", "team/two"]);
    }

    [Fact]
    public void Status_that_was_written_concerns_nobody()
    {
        var before = Read<LlmGateway>(Gateway);
        var after = before with { Metadata = before.Metadata with { ResourceVersion = "2" }, Status = new() };

        Concerns.Of(Change(before, after)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("labels")]
    [InlineData("annotations")]
    [InlineData("generation")]
    [InlineData("deletion")]
    [InlineData("uid")]
    public void What_a_user_changes_concerns_the_gateway(string what)
    {
        var before = Read<VirtualKey>(Key);
        var metadata = before.Metadata;
        var after = before with
        {
            Metadata = what switch
            {
                "labels" => metadata with { Labels = metadata.Labels.Add("a", "b") },
                "annotations" => metadata with { Annotations = metadata.Annotations.Add("a", "b") },
                "generation" => metadata with { Generation = metadata.Generation + 1 },
                "deletion" => metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch },
                _ => metadata with { Uid = "another" },
            },
        };

        Concerns.Of(Change(before, after)).ShouldBe([new ObjectKey("team", "main")]);
    }

    [Fact]
    public void Child_concerns_the_gateway_that_owns_it_and_a_Secret_the_key()
    {
        var child = Owned("LlmGateway", "main");
        var secret = Owned("VirtualKey", "k");

        Concerns.OfChild(Change(child, null)).ShouldBe([new ObjectKey("team", "main")]);
        Concerns.OfChild(Change(secret, null)).ShouldBeEmpty();
        Concerns.KeysOf(Change(secret, null)).ShouldBe([new ObjectKey("team", "k")]);
        Concerns.OfChild(Change(Owned("LlmGateway", "main", "example.com/v1"), null)).ShouldBeEmpty();
    }

    [Fact]
    public void Pod_concerns_the_gateway_of_its_labels_when_it_comes_moves_ends_or_goes()
    {
        var gateway = Read<LlmGateway>(Gateway);
        var pod = new Pod
        {
            Metadata = new() { Name = "p", Namespace = "team", Labels = gateway.Metadata.Labels.Add(ChildLabels.Instance, "main") },
            Status = new() { Phase = "Running", PodIp = "10.0.0.1" },
        };
        var heartbeat = pod with { Metadata = pod.Metadata with { ResourceVersion = "2" } };
        var failed = pod with { Status = new() { Phase = "Failed" } };
        var pending = pod with { Status = new() { Phase = "Pending" } };
        var ready = pod with { Status = pod.Status with { Conditions = [new() { Type = "Ready", Status = "True" }] } };

        Concerns.Of(Change(null, pod), [gateway]).ShouldBe(new ObjectKey("team", "main"));
        Concerns.Of(Change(pod, heartbeat), [gateway]).ShouldBeNull();
        Concerns.Of(Change(pod, ready), [gateway]).ShouldBe(new ObjectKey("team", "main"));
        Concerns.Of(Change(pending, failed), [gateway]).ShouldBe(new ObjectKey("team", "main"));
        Concerns.Of(Change(pod, null), [gateway]).ShouldBe(new ObjectKey("team", "main"));
        Concerns.Of(Change(null, pod), []).ShouldBeNull();
        ready.IsReady.ShouldBeTrue();
        pod.IsRunning.ShouldBeTrue();
    }

    private static T Read<T>(string yaml)
        where T : KubernetesObject => (T)Manifests.Objects(yaml).Single();

    private static PartialObjectMetadata Owned(string kind, string name, string apiVersion = ResourceGroup.ApiVersion) => new()
    {
        Metadata = new()
        {
            Name = "child",
            Namespace = "team",
            OwnerReferences = [new() { ApiVersion = apiVersion, Kind = kind, Name = name, Uid = "u" }],
        },
    };

    private static ObjectChange<T> Change<T>(T? before, T? after)
        where T : KubernetesObject => new(ObjectKey.Of((before ?? after)!), before, after);
}
