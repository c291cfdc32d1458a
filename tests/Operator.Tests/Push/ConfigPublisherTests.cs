using Operator.Push;

namespace Operator.Tests.Push;

public sealed class ConfigPublisherTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Offer_PodTakesIt_IsAcknowledgedAndKnown()
    {
        await using var gateway = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(gateway);

        var outcome = await setup.Publisher.OfferAsync(Configs.Revision(1), Cancellation);

        outcome.ShouldBeOfType<PushOutcome.Acknowledged>();
        var pod = setup.Publisher.Pods.ShouldHaveSingleItem();
        pod.AcknowledgedRevision.ShouldBe(1);
        pod.Status!.Ready.ShouldBeTrue();
    }

    [Fact]
    public async Task Offer_SameRevisionAgain_IsAnsweredWithoutAnotherPush()
    {
        await using var gateway = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(gateway);
        await setup.Publisher.OfferAsync(Configs.Revision(1), Cancellation);

        (await setup.Publisher.OfferAsync(Configs.Revision(1), Cancellation)).ShouldBeOfType<PushOutcome.Acknowledged>();
        gateway.Pushed.ShouldBe([1L]);
    }

    [Fact]
    public async Task Offer_FirstPodDoesNotAnswer_AsksTheNext()
    {
        var away = await FakeGateway.StartAsync();
        var awayPod = away.Pod with { Name = "away" };
        await away.DisposeAsync();
        await using var gateway = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(gateway, awayPod, gateway.Pod with { IsReady = false });

        (await setup.Publisher.OfferAsync(Configs.Revision(1), Cancellation)).ShouldBeOfType<PushOutcome.Acknowledged>();
    }

    [Fact]
    public async Task Offer_NoPods_HasNoAnswer()
    {
        await using var gateway = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(gateway, []);

        (await setup.Publisher.OfferAsync(Configs.Revision(1), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Publish_WhileAPushIsUnderWay_OnlyTheNewestFollows()
    {
        await using var gateway = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(gateway);
        var (arrived, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        gateway.BeforePush = () =>
        {
            arrived.TrySetResult();
            return release.Task;
        };
        setup.Publisher.Publish(Configs.Revision(1));
        await arrived.Task.WaitAsync(Cancellation);
        for (var revision = 2; revision <= 5; revision++)
            setup.Publisher.Publish(Configs.Revision(revision));

        release.SetResult();

        await setup.WhenAsync(p => p.AcknowledgedRevision == 5);
        gateway.Pushed.ShouldBe([1L, 5L]);
    }

    [Fact]
    public async Task Publish_PodIsAway_IsTriedUntilItComes()
    {
        await using var gateway = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(gateway);
        gateway.Answer = (503, null);
        setup.Publisher.Publish(Configs.Revision(1));
        await setup.WhenAsync(p => p.Outcome is PushOutcome.Unreachable);
        await Poll.UntilAsync(() => gateway.Pushed.Length >= 3);

        gateway.Answer = null;

        await setup.WhenAsync(p => p.AcknowledgedRevision == 1);
    }

    [Fact]
    public async Task Publish_PodRefuses_IsNotPushedAgain()
    {
        await using var gateway = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(gateway);
        gateway.Answer = (422, """{"errors":[{"message":"no"}]}""");
        setup.Publisher.Publish(Configs.Revision(1));
        await setup.WhenAsync(p => p.Outcome is PushOutcome.Rejected);

        var looks = gateway.StatusRequests;
        await Poll.UntilAsync(() => gateway.StatusRequests >= looks + 3);

        gateway.Pushed.ShouldBe([1L]);
    }

    [Fact]
    public async Task Publish_PodLosesItsConfig_IsPushedAgain()
    {
        await using var gateway = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(gateway);
        setup.Publisher.Publish(Configs.Revision(1));
        await setup.WhenAsync(p => p.AcknowledgedRevision == 1);

        gateway.Forget();

        await Poll.UntilAsync(() => gateway.Pushed is [1L, 1L]);
    }

    [Fact]
    public async Task SetPods_PodComesLater_GetsWhatIsPublished()
    {
        await using var gateway = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(gateway, []);
        setup.Publisher.Publish(Configs.Revision(4));

        await setup.Publisher.SetPodsAsync([gateway.Pod]);

        await setup.WhenAsync(p => p.AcknowledgedRevision == 4);
    }

    [Fact]
    public async Task SetPods_PodIsGone_IsNotPushedTo()
    {
        await using var gateway = await FakeGateway.StartAsync();
        await using var setup = await PublisherSetup.OfAsync(gateway);
        await setup.Publisher.OfferAsync(Configs.Revision(1), Cancellation);

        await setup.Publisher.SetPodsAsync([]);
        setup.Publisher.Publish(Configs.Revision(2));

        (await setup.Publisher.OfferAsync(Configs.Revision(2), Cancellation)).ShouldBeNull();
        gateway.Pushed.ShouldBe([1L]);
    }
}
