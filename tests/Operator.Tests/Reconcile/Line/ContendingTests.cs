using Operator.Kubernetes;
using Support.ApiServer;

namespace Operator.Tests.Reconcile.Line;

/// <summary>Two operators with one lease: one works, and what it has done no other undoes.</summary>
public sealed class ContendingTests
{
    private static readonly LineOptions s_contends = new() { ElectsLeader = true };
    private static readonly TimeSpan s_retryPeriod = new LeaseOptions { Key = new("", ""), Identity = "" }.RetryPeriod;

    [Fact]
    public async Task Of_two_one_works_and_the_other_goes_on_as_soon_as_the_lease_is_given_back()
    {
        var (setup, first, pods) = await LineSetup.ReadyAsync(pods: 2, s_contends);
        await using var _1 = setup;
        var second = setup.StartOperator(s_contends);
        setup.Create("modelroutes", Manifest.Route("b"));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "b", "Ready") == "True Ready");
        await setup.WhenAsync(() => second.Calls.Any(c => c.Resource == "leases"));
        second.Writes.ShouldBeEmpty();

        await first.DisposeAsync();
        await WhenLeadingAsync(setup, second);
        setup.Create("modelroutes", Manifest.Route("c"));

        await setup.WhenAsync(() => setup.Condition("modelroutes", "c", "Ready") == "True Ready");
        pods.ShouldAllBe(p => p.Routes.SequenceEqual(new[] { "a@1", "b@1", "c@1" }));
        pods.ShouldAllBe(p => IsRising(p));
    }

    [Fact]
    public async Task Who_is_cut_off_in_the_middle_of_a_push_stops_and_what_it_has_under_way_undoes_nothing()
    {
        var (setup, first, pods) = await LineSetup.ReadyAsync(pods: 2, s_contends);
        await using var _1 = setup;
        var key = setup.KeyText();
        var second = setup.StartOperator(s_contends);
        await setup.WhenAtRestAsync(first);
        var late = HoldFirstPush(pods);
        setup.Create("modelroutes", Manifest.Route("b"));
        await late.Asked;

        setup.Server.Inject(new ApiFault.Silence(), c => c.UserAgent == first.Name, times: int.MaxValue);
        await WhenLeadingAsync(setup, second);
        first.Election.IsLeader.ShouldBeFalse();
        setup.Patch("virtualkeys", "demo", Manifest.Spec(new() { ["state"] = "Blocked" }));
        await setup.WhenAsync(() => pods.All(p => p.Routes.Contains("b@1") && !p.Takes(key)));
        late.Answer();
        setup.Create("modelroutes", Manifest.Route("c"));

        await setup.WhenAsync(() => setup.Condition("modelroutes", "c", "Programmed") == "True Programmed");
        pods.ShouldAllBe(p => IsRising(p) && !p.Takes(key));
    }

    [Fact]
    public async Task Who_has_slept_through_the_loss_of_its_lease_undoes_nothing_when_it_awakes()
    {
        await using var sleeper = new RunningClock();
        await using var setup = await LineSetup.StartAsync();
        setup.ApplyBasics();
        var first = setup.StartOperator(s_contends, sleeper);
        LinePod[] pods = [await setup.StartPodAsync(), await setup.StartPodAsync()];
        await setup.WhenReadyAsync();
        var key = setup.KeyText();
        await setup.WhenAtRestAsync(first);
        var second = setup.StartOperator(s_contends);
        var late = HoldFirstPush(pods);
        setup.Create("modelroutes", Manifest.Route("b"));
        await late.Asked;

        sleeper.IsAsleep = true;
        var awake = new TaskCompletionSource();
        setup.Server.Inject(new ApiFault.Silence(), c => c.UserAgent == first.Name && c.Verb is "watch" or "list", times: int.MaxValue);
        setup.Server.Inject(new ApiFault.Hold(awake.Task), c => c.UserAgent == first.Name, times: int.MaxValue);
        setup.Server.CutWatches();
        await WhenLeadingAsync(setup, second);
        setup.Patch("virtualkeys", "demo", Manifest.Spec(new() { ["state"] = "Blocked" }));
        await setup.WhenAsync(() => setup.Condition("virtualkeys", "demo", "Programmed") == "True Programmed"
            && pods.All(p => p.Routes.Contains("b@1") && !p.Takes(key)));
        var (blocked, calls) = (pods.Min(p => p.Revision), first.Calls.Length);

        first.Election.IsLeader.ShouldBeTrue();
        awake.SetResult();
        late.Answer();
        await setup.WhenAsync(() => first.Calls.Length > calls);
        sleeper.IsAsleep = false;
        await setup.WhenAsync(() => !first.Election.IsLeader);
        setup.Create("modelroutes", Manifest.Route("c"));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "c", "Programmed") == "True Programmed");

        pods.ShouldAllBe(p => p.Process.Accepted.Where(a => a.Revision > blocked).All(a => a.Keys[0].State == Gateway.Contract.KeyState.Blocked));
        pods.ShouldAllBe(p => IsRising(p) && !p.Takes(key));
    }

    /// <summary>Time passes no faster than it asks for the lease, or it would have lost it again before it knew.</summary>
    private static async Task WhenLeadingAsync(LineSetup setup, LineOperator next)
    {
        while (!next.Election.IsLeader)
        {
            var asked = Asked();
            setup.Jump(s_retryPeriod);
            await setup.WhenAsync(() => next.Election.IsLeader || Asked() > asked);
        }

        int Asked() => next.Calls.Count(c => c.Resource == "leases");
    }

    /// <summary>Whichever pod is asked first answers when it is told, and all later pushes are answered at once.</summary>
    private static (Task Asked, Action Answer) HoldFirstPush(LinePod[] pods)
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        foreach (var pod in pods)
            pod.Process.BeforePush = () => asked.TrySetResult() ? answer.Task : Task.CompletedTask;
        return (asked.Task.WaitAsync(TestContext.Current.CancellationToken), answer.SetResult);
    }

    private static bool IsRising(LinePod pod)
    {
        var revisions = pod.Process.Accepted.Select(a => a.Revision).ToList();
        return revisions.SequenceEqual(revisions.Order());
    }
}
