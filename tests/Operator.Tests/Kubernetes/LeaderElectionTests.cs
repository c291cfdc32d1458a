using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Operator.Kubernetes;
using Operator.Tests.Push;
using Support;
using Support.ApiServer;

namespace Operator.Tests.Kubernetes;

public sealed class LeaderElectionTests : IAsyncLifetime
{
    private readonly FakeClock _clock = new();
    private readonly FakeClock _otherClock = new();
    private TestCluster _cluster = null!;
    private LeaderElection _first = null!;
    private LeaderElection _second = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private FakeApiServer Server => _cluster.Double!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync("double");
        _first = Election("first", _clock);
        _second = Election("second", _otherClock);
    }

    public ValueTask DisposeAsync()
    {
        _first.Dispose();
        _second.Dispose();
        return _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Of_two_contenders_one_leads_and_the_other_follows_once_the_lease_has_run_out()
    {
        (await _first.TryHoldAsync(Cancellation)).ShouldBeTrue();
        (await _second.TryHoldAsync(Cancellation)).ShouldBeFalse();

        Pass(TimeSpan.FromSeconds(14));
        (await _second.TryHoldAsync(Cancellation)).ShouldBeFalse();
        _first.IsLeader.ShouldBeFalse();
        Pass(TimeSpan.FromSeconds(2));

        (await _second.TryHoldAsync(Cancellation)).ShouldBeTrue();
        (await _first.TryHoldAsync(Cancellation)).ShouldBeFalse();
        (Holder(), Spec("leaseTransitions")!.GetValue<int>()).ShouldBe(("second", 1));
    }

    [Fact]
    public async Task A_renewal_keeps_the_lease_whatever_the_clocks_of_the_wall_say()
    {
        _otherClock.ShiftWall(TimeSpan.FromDays(400));
        await _first.TryHoldAsync(Cancellation);
        for (var i = 0; i < 20; i++)
        {
            (await _second.TryHoldAsync(Cancellation)).ShouldBeFalse();
            Pass(TimeSpan.FromSeconds(8));
            _clock.ShiftWall(TimeSpan.FromHours(-1));
            (await _first.TryHoldAsync(Cancellation)).ShouldBeTrue();
        }

        _first.IsLeader.ShouldBeTrue();
        Spec("leaseTransitions")!.GetValue<int>().ShouldBe(0);
    }

    [Fact]
    public async Task Who_has_just_come_waits_a_whole_duration_even_for_a_lease_that_looks_old()
    {
        _clock.ShiftWall(TimeSpan.FromDays(-30));
        await _first.TryHoldAsync(Cancellation);

        (await _second.TryHoldAsync(Cancellation)).ShouldBeFalse();
        Pass(TimeSpan.FromSeconds(15));
        (await _second.TryHoldAsync(Cancellation)).ShouldBeFalse();
        Pass(TimeSpan.FromSeconds(1));
        (await _second.TryHoldAsync(Cancellation)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_slow_renewal_counts_from_its_beginning()
    {
        await _first.TryHoldAsync(Cancellation);
        var hold = new TaskCompletionSource();
        Server.Inject(new ApiFault.Hold(hold.Task), c => c is { Verb: "patch", Resource: "leases" });

        var renewal = _first.TryHoldAsync(Cancellation);
        await Poll.UntilAsync(() => Server.Calls.Any(c => c is { Verb: "patch", Resource: "leases" }));
        _clock.Advance(TimeSpan.FromSeconds(6));
        hold.SetResult();

        (await renewal).ShouldBeTrue();
        _first.Remaining.ShouldBe(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task Of_two_who_take_a_free_lease_at_once_one_gets_it()
    {
        await _first.TryHoldAsync(Cancellation);
        Server.Patch("leases", _cluster.Namespace, "operator", new() { ["spec"] = new JsonObject { ["holderIdentity"] = "" } });
        var hold = new TaskCompletionSource();
        Server.Inject(new ApiFault.Hold(hold.Task), c => c is { Verb: "patch", Resource: "leases" });
        Pass(TimeSpan.FromSeconds(11));

        var slow = _first.TryHoldAsync(Cancellation);
        await Poll.UntilAsync(() => Server.Calls.Any(c => c is { Verb: "patch", Resource: "leases" }));
        (await _second.TryHoldAsync(Cancellation)).ShouldBeTrue();
        hold.SetResult();

        (await slow).ShouldBeFalse();
        Holder().ShouldBe("second");
    }

    [Fact]
    public async Task Confirmations_at_once_are_not_in_each_others_way()
    {
        using var election = Election("me", TimeProvider.System);
        await election.TryHoldAsync(Cancellation);

        (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => election.ConfirmAsync(Cancellation))))).ShouldAllBe(c => c);

        Server.Calls.Where(c => c is { Verb: "patch", Resource: "leases" })
            .Select(c => (string?)JsonNode.Parse(c.Body)!["metadata"]!["resourceVersion"])
            .ShouldBeUnique();
    }

    [Fact]
    public async Task A_leader_that_ends_gives_the_lease_back_at_once()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var leading = new TaskCompletionSource();
        var run = _first.RunAsync(
            async token =>
            {
                leading.SetResult();
                await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            },
            stop.Token);
        await leading.Task;

        await stop.CancelAsync();
        await run;

        Holder().ShouldBe("");
        _first.IsLeader.ShouldBeFalse();
        (await _second.TryHoldAsync(Cancellation)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_leader_that_cannot_renew_is_told_to_stop_at_its_deadline()
    {
        var leading = new TaskCompletionSource();
        var stopped = new TaskCompletionSource();
        var run = _first.RunAsync(
            async token =>
            {
                leading.SetResult();
                await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                stopped.SetResult();
            },
            Cancellation);
        await leading.Task;
        Server.IsDown = true;

        for (var i = 0; i < 10; i++)
        {
            stopped.Task.IsCompleted.ShouldBeFalse();
            await Poll.UntilAsync(() => _clock.Waits.Count > 0);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        _first.IsLeader.ShouldBeFalse();
        await run;
    }

    [Fact]
    public async Task A_leader_goes_on_while_it_renews()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var run = _first.RunAsync(
            token => Task.Delay(Timeout.Infinite, token).ContinueWith(_ => { }, TaskScheduler.Default), stop.Token);
        await Poll.UntilAsync(() => _first.IsLeader);

        for (var i = 1; i <= 30; i++)
        {
            await Poll.UntilAsync(() => _clock.Waits.Contains(TimeSpan.FromSeconds(2)));
            _clock.Advance(TimeSpan.FromSeconds(2));
            await Poll.UntilAsync(() => Server.Calls.Count(c => c is { Verb: "patch", Resource: "leases" }) == i);
        }

        _first.IsLeader.ShouldBeTrue();
        await stop.CancelAsync();
        await run;
    }

    [Theory]
    [InlineData("double")]
    [InlineData("real")]
    public async Task A_server_takes_the_lease_as_it_is_written(string server)
    {
        await using var cluster = await TestCluster.StartAsync(server);
        using var election = new LeaderElection(
            cluster.Client, new() { Key = cluster.Key("operator"), Identity = "me" }, TimeProvider.System, NullLogger.Instance);

        (await election.TryHoldAsync(Cancellation)).ShouldBeTrue();
        (await election.TryHoldAsync(Cancellation)).ShouldBeTrue();

        var lease = (await cluster.Client.GetAsync(ResourceTypes.Leases, cluster.Key("operator"), Cancellation)).Value.ShouldNotBeNull();
        lease.Spec.HolderIdentity.ShouldBe("me");
        lease.Spec.LeaseDurationSeconds.ShouldBe(15);
        lease.Spec.RenewTime.ShouldNotBeNull();
        lease.Spec.RenewTime.Value.ShouldBeGreaterThan(lease.Spec.AcquireTime!.Value);
    }

    private LeaderElection Election(string identity, TimeProvider time) =>
        new(_cluster.Client, new() { Key = _cluster.Key("operator"), Identity = identity }, time, NullLogger.Instance);

    private void Pass(TimeSpan time)
    {
        _clock.Advance(time);
        _otherClock.Advance(time);
    }

    private string? Holder() => (string?)Spec("holderIdentity");

    private JsonNode? Spec(string field) => Server.Find("leases", _cluster.Namespace, "operator")!["spec"]![field];
}
