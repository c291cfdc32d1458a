using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Operator.Api;
using Operator.Hosting;
using Operator.Kubernetes;
using Operator.Tests.Kubernetes;
using Support.ApiServer;

namespace Operator.Tests.Hosting;

/// <summary>A first gateway, from manifests in a ConfigMap.</summary>
public sealed class GivenObjectsTests : IAsyncDisposable
{
    private const string Gateway = "apiVersion: llmgateway.dev/v1alpha1\nkind: LlmGateway\nmetadata: {name: main}\nspec: {}\n";
    private const string Key =
        "apiVersion: llmgateway.dev/v1alpha1\nkind: VirtualKey\nmetadata: {name: demo}\nspec: {gatewayRef: {name: main}, models: ['*']}\n";

    private TestCluster _cluster = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_are_made_and_go_with_the_ConfigMap_that_holds_them()
    {
        var owner = await StartAsync(Gateway + "---\n" + Key);

        (await Objects.ApplyAsync(Cancellation)).ShouldBeEmpty();

        (await KeysAsync()).Single().Metadata.OwnerReferences.Single().Uid.ShouldBe(owner.Metadata.Uid);
        (await GatewaysAsync()).Single().Metadata.OwnerReferences.Single().Uid.ShouldBe(owner.Metadata.Uid);
    }

    [Fact]
    public async Task One_that_is_no_longer_held_is_deleted_and_the_others_stay()
    {
        await StartAsync(Gateway + "---\n" + Key);
        await Objects.ApplyAsync(Cancellation);
        var before = (await GatewaysAsync()).Single().Metadata;

        await HoldAsync(Gateway);
        (await Objects.ApplyAsync(Cancellation)).ShouldBeEmpty();

        (await KeysAsync()).ShouldBeEmpty();
        (await GatewaysAsync()).Single().Metadata.Uid.ShouldBe(before.Uid);
    }

    [Fact]
    public async Task What_somebody_else_has_made_is_left_untouched_and_told()
    {
        await StartAsync(Gateway + "---\n" + Key);
        var theirs = new VirtualKey
        {
            Metadata = new() { Name = "demo", Namespace = _cluster.Namespace },
            Spec = new() { GatewayRef = new() { Name = "theirs" }, Models = ["chat"] },
        };
        (await _cluster.Client.CreateAsync(ResourceTypes.VirtualKeys, theirs, Cancellation)).Failure.ShouldBeNull();

        (await Objects.ApplyAsync(Cancellation)).ShouldBe(
            ["there is a VirtualKey demo of somebody else, which is left untouched: rename or delete one of them"]);

        (await KeysAsync()).Single().Spec.GatewayRef.Name.ShouldBe("theirs");
        (await GatewaysAsync()).Length.ShouldBe(1);
    }

    [Theory]
    [InlineData("a: [", "manifests.yaml:2: ")]
    [InlineData("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n", "is no Budget, LlmGateway, ModelRoute, VirtualKey with a name")]
    [InlineData("apiVersion: llmgateway.dev/v1alpha1\nkind: LlmGateway\n", "with a name")]
    [InlineData("- 1\n", "with a name")]
    public async Task A_text_that_cannot_be_read_changes_nothing(string text, string problem)
    {
        await StartAsync(Gateway);
        await Objects.ApplyAsync(Cancellation);

        await HoldAsync(text);

        (await Objects.ApplyAsync(Cancellation)).Single().ShouldContain(problem);
        (await GatewaysAsync()).Length.ShouldBe(1);
    }

    [Fact]
    public async Task One_that_is_refused_keeps_no_other_from_being_made_and_is_tried_again()
    {
        await StartAsync(Gateway + "---\n" + Key);
        var refusal = new ApiFault.Answer(422, "Invalid", TimeSpan.Zero);
        _cluster.Double!.Inject(refusal, c => c is { Verb: "patch", Resource: "llmgateways" }, times: 1);

        await Objects.RunAsync(Cancellation);

        (await GatewaysAsync()).Length.ShouldBe(1);
        (await KeysAsync()).Length.ShouldBe(1);
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private GivenObjects Objects =>
        new(_cluster.Client, _cluster.Key("first"), TestCluster.Quick, TimeProvider.System, NullLogger.Instance);

    private async Task<ConfigMap> StartAsync(string text)
    {
        _cluster = await TestCluster.StartAsync("double");
        var created = await _cluster.Client.CreateAsync(
            ResourceTypes.ConfigMaps,
            new() { Metadata = new() { Name = "first", Namespace = _cluster.Namespace }, Data = Data(text) },
            Cancellation);
        return created.Value.ShouldNotBeNull();
    }

    private async Task HoldAsync(string text)
    {
        var patch = new JsonObject { ["data"] = new JsonObject { ["manifests.yaml"] = text } };
        (await _cluster.Client.PatchAsync(ResourceTypes.ConfigMaps, _cluster.Key("first"), patch, new() { FieldManager = "test" }, Cancellation))
            .Failure.ShouldBeNull();
    }

    private static ImmutableSortedDictionary<string, string> Data(string text) =>
        ImmutableSortedDictionary<string, string>.Empty.Add("manifests.yaml", text);

    private async Task<ImmutableArray<LlmGateway>> GatewaysAsync() =>
        (await _cluster.Client.ListAsync(ResourceTypes.LlmGateways, new() { Namespace = _cluster.Namespace }, Cancellation)).Value!.Items;

    private async Task<ImmutableArray<VirtualKey>> KeysAsync() =>
        (await _cluster.Client.ListAsync(ResourceTypes.VirtualKeys, new() { Namespace = _cluster.Namespace }, Cancellation)).Value!.Items;
}
