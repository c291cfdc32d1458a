using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Push;
using Operator.Reconcile;
using Operator.Standalone.State;
using Operator.Tests.Push;
using Operator.Translate;

namespace Operator.Tests.Reconcile;

public sealed class GatewayReconcilerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("revisions-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_config_that_the_pod_takes_is_live_and_its_versions_are_remembered()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(pod);
        var reconciler = Reconciler(setup);

        var outcome = await reconciler.ReconcileAsync(Inputs(Route("a"), Route("b")), Cancellation);

        outcome.Answer.ShouldBeOfType<PushOutcome.Acknowledged>();
        Served(pod).ShouldBe(["a@1", "b@1"]);
        reconciler.LastValid.Routes.Keys.ShouldBe(["default/a", "default/b"]);
    }

    [Fact]
    public async Task Unchanged_inputs_keep_their_revision_and_are_not_pushed_again()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(pod);
        var reconciler = Reconciler(setup);
        await reconciler.ReconcileAsync(Inputs(Route("a")), Cancellation);

        await reconciler.ReconcileAsync(Inputs(Route("a")), Cancellation);

        pod.Pushed.ShouldBe([1L]);
    }

    [Fact]
    public async Task A_refused_version_falls_back_to_its_last_valid_one_and_the_rest_goes_live()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(pod);
        var reconciler = Reconciler(setup);
        await reconciler.ReconcileAsync(Inputs(Route("a"), Route("b")), Cancellation);
        pod.Refuse = config => Complain(config, "a", generation: 2);

        var outcome = await reconciler.ReconcileAsync(Inputs(Route("a", 2), Route("b", 2), Route("c")), Cancellation);

        Served(pod).ShouldBe(["a@1", "b@2", "c@1"]);
        outcome.Answer.ShouldBeOfType<PushOutcome.Acknowledged>();
        outcome.Translation.Findings.Select(f => $"{f.Object.Name} {f.Reason} {f.Field}: {f.Message}").ShouldBe(
        [
            "a Rejected spec.targets[0].provider: refused by the gateway: is not known",
            "a Invalid : generation 1 stays in force",
        ]);
        reconciler.LastValid.Routes["default/a"].Metadata.Generation.ShouldBe(1);
    }

    [Fact]
    public async Task A_refused_object_that_was_never_valid_is_left_out_and_not_offered_again()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(pod);
        var reconciler = Reconciler(setup);
        pod.Refuse = config => Complain(config, "a", generation: 1);
        await reconciler.ReconcileAsync(Inputs(Route("a"), Route("b")), Cancellation);
        Served(pod).ShouldBe(["b@1"]);
        var pushes = pod.Pushed.Length;

        await reconciler.ReconcileAsync(Inputs(Route("a"), Route("b")), Cancellation);

        pod.Pushed.Length.ShouldBe(pushes);
    }

    [Fact]
    public async Task A_refused_object_that_is_mended_goes_live()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(pod);
        var reconciler = Reconciler(setup);
        pod.Refuse = config => Complain(config, "a", generation: 1);
        await reconciler.ReconcileAsync(Inputs(Route("a"), Route("b")), Cancellation);

        var outcome = await reconciler.ReconcileAsync(Inputs(Route("a", 2), Route("b")), Cancellation);

        Served(pod).ShouldBe(["a@2", "b@1"]);
        outcome.Inputs.Refused.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refused_object_goes_live_once_another_pod_is_in_the_place_of_the_one_that_refused_it()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using var newer = await FakeGateway.StartAsync(pod.Certificate, [FakeGateway.Token], new(System.Net.IPAddress.Loopback, 0));
        await using var setup = await PublisherSetup.OfAsync(pod);
        var reconciler = Reconciler(setup);
        pod.Refuse = config => Complain(config, "a", generation: 1);
        await reconciler.ReconcileAsync(Inputs(Route("a"), Route("b")), Cancellation);

        await setup.Publisher.SetPodsAsync([]);
        await reconciler.ReconcileAsync(Inputs(Route("a"), Route("b")), Cancellation);
        await setup.Publisher.SetPodsAsync([newer.Pod with { Name = "pod-1" }]);
        await setup.WhenAsync(p => p.IsReachable);
        var outcome = await reconciler.ReconcileAsync(Inputs(Route("a"), Route("b")), Cancellation);

        Served(newer).ShouldBe(["a@1", "b@1"]);
        outcome.Inputs.Refused.ShouldBeEmpty();
    }

    [Fact]
    public async Task Refusals_without_end_are_given_up_after_three_rounds_and_reach_one_pod_only()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using var other = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(pod, pod.Pod, other.Pod with { Name = "pod-1", IsReady = false });
        pod.Refuse = config => [.. config.Routes.Take(1).Select(r => Error(r.Object))];

        var outcome = await Reconciler(setup).ReconcileAsync(Inputs([.. Enumerable.Range(0, 9).Select(i => Route($"r{i}"))]), Cancellation);

        outcome.Answer.ShouldBeOfType<PushOutcome.Rejected>();
        pod.Pushed.Length.ShouldBe(4);
        other.Pushed.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refusal_that_names_nothing_changes_nothing_anywhere()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using var other = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(pod, pod.Pod, other.Pod with { Name = "pod-1", IsReady = false });
        var reconciler = Reconciler(setup);
        pod.Refuse = _ => [new() { Message = "the disk is full" }];

        var outcome = await reconciler.ReconcileAsync(Inputs(Route("a")), Cancellation);

        outcome.Answer.ShouldBeOfType<PushOutcome.Rejected>().Errors.Single().Message.ShouldBe("the disk is full");
        pod.Pushed.ShouldBe([1L]);
        other.Pushed.ShouldBeEmpty();
        reconciler.LastValid.Routes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pod_that_has_seen_a_higher_revision_is_gone_above()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using (var before = await PublisherSetup.OfAsync(pod))
            await before.Publisher.OfferAsync(Configs.Revision(41), Cancellation);
        await using var setup = await PublisherSetup.OfAsync(pod);
        var reconciler = Reconciler(setup);

        var outcome = await reconciler.ReconcileAsync(Inputs(Route("a")), Cancellation);

        outcome.Config!.Revision.ShouldBe(42);
        pod.Pushed.ShouldBe([41L, 1L, 42L]);
        pod.Config!.Revision.ShouldBe(42);
        (await reconciler.ReconcileAsync(Inputs(Route("a"), Route("b")), Cancellation)).Config!.Revision.ShouldBe(43);
    }

    [Fact]
    public async Task A_pod_that_is_ahead_of_whatever_it_is_offered_keeps_the_config_from_no_other()
    {
        await using var liar = await FakeGateway.StartAsync();
        await using var pod = await FakeGateway.StartAsync(liar.Certificate, [FakeGateway.Token], new(System.Net.IPAddress.Loopback, 0));
        await using var setup = await PublisherSetup.OfAsync(liar, liar.Pod, pod.Pod with { Name = "pod-1", IsReady = false });
        liar.BeforePush = () =>
        {
            liar.Answer = (409, $$"""{"revision":{{liar.Pushed[^1] + 1}},"hash":"h","uid":""}""");
            return Task.CompletedTask;
        };
        var reconciler = Reconciler(setup);

        for (var i = 0; i < 3; i++)
            await reconciler.ReconcileAsync(Inputs(Route("a")), Cancellation);

        Served(pod).ShouldBe(["a@1"]);
        await reconciler.ReconcileAsync(Inputs(Route("a")), Cancellation);
        liar.Pushed.Length.ShouldBe(9);
    }

    [Fact]
    public async Task A_pod_of_another_gateway_is_left_alone()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(pod);
        pod.Answer = (409, """{"revision":3,"hash":"h","uid":"another"}""");

        var outcome = await Reconciler(setup).ReconcileAsync(Inputs(Route("a")), Cancellation);

        outcome.Answer.ShouldBe(new PushOutcome.OtherGateway("another"));
        pod.Pushed.ShouldBe([1L]);
    }

    [Fact]
    public async Task Without_pods_nothing_is_acknowledged_and_the_first_pod_that_comes_gets_the_config()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(pod, []);
        var reconciler = Reconciler(setup);

        var outcome = await reconciler.ReconcileAsync(Inputs(Route("a")), Cancellation);

        outcome.Answer.ShouldBeNull();
        reconciler.LastValid.Routes.ShouldBeEmpty();
        await setup.Publisher.SetPodsAsync([pod.Pod]);
        await setup.WhenAsync(p => p.AcknowledgedRevision == outcome.Config!.Revision);
        await reconciler.ReconcileAsync(Inputs(Route("a")), Cancellation);
        reconciler.LastValid.Routes.Keys.ShouldBe(["default/a"]);
    }

    [Fact]
    public async Task A_gateway_that_was_never_valid_is_not_told_anything()
    {
        await using var pod = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(pod);
        var inputs = Inputs(Route("a"));

        var outcome = await Reconciler(setup).ReconcileAsync(
            inputs with { Gateway = inputs.Gateway with { Spec = new() { Replicas = 3 } } }, Cancellation);

        outcome.Config.ShouldBeNull();
        pod.Pushed.ShouldBeEmpty();
    }

    private GatewayReconciler Reconciler(PublisherSetup setup) =>
        new(new RevisionFile(Path.Combine(_folder.FullName, "revision.json")), setup.Publisher, LastValidVersions.Empty);

    private static TranslateInputs Inputs(params ImmutableArray<ModelRoute> routes) => new()
    {
        Gateway = new() { Metadata = Meta("main", 1) with { Uid = "uid-1" }, Spec = new() },
        Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero),
        Routes = routes,
    };

    private static ModelRoute Route(string name, long generation = 1) => new()
    {
        Metadata = Meta(name, generation),
        Spec = new()
        {
            GatewayRefs = [new() { Name = "main" }],
            Model = name,
            Targets = [new() { Name = "t", Provider = Provider.Simulated, Pricing = new() { Input = "1", Output = "2" } }],
        },
    };

    private static ObjectMeta Meta(string name, long generation) => new() { Name = name, Namespace = "default", Uid = name, Generation = generation };

    /// <summary>What a pod says of one version of a route, where the config has it.</summary>
    private static ImmutableArray<ConfigError>? Complain(ConfigSnapshot config, string name, long generation) =>
        config.Routes.FirstOrDefault(r => r.Object.Name == name && r.Object.Generation == generation) is { } route ? [Error(route.Object)] : null;

    private static ConfigError Error(ObjectReference of) =>
        new() { Kind = of.Kind, Namespace = of.Namespace, Name = of.Name, Field = "targets[0].provider", Message = "is not known" };

    private static IEnumerable<string> Served(FakeGateway pod) =>
        pod.Config!.Routes.Select(r => FormattableString.Invariant($"{r.Object.Name}@{r.Object.Generation}"));
}
