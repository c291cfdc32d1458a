using Support.ApiServer;

namespace Operator.Tests.Reconcile.Line;

public sealed class FaultyServerTests
{
    [Theory]
    [InlineData("get", "secrets")]
    [InlineData("patch", "secrets")]
    [InlineData("patch", "deployments")]
    [InlineData("patch", "services")]
    [InlineData("patch", "llmgateways/status")]
    [InlineData("patch", "virtualkeys/status")]
    [InlineData("create", "events")]
    public async Task Calls_that_fail_for_a_while_end_in_the_same_state_without_a_storm(string verb, string resource)
    {
        foreach (var (status, reason) in new[] { (500, "InternalError"), (409, "Conflict"), (429, "TooManyRequests") })
        {
            await using var setup = await LineSetup.StartAsync();
            setup.ApplyBasics();
            setup.Server.Inject(new ApiFault.Answer(status, reason), c => c.Verb == verb && c.Resource == resource && c.UserAgent == "operator-1", times: 12);
            var @operator = setup.StartOperator();

            var starting = setup.StartPodAsync();
            await setup.WhenPassingAsync(() => starting.IsCompleted);
            var pod = await starting;
            await setup.WhenReadyPassingAsync();

            pod.Takes(setup.KeyText()).ShouldBeTrue();
            setup.Events("demo").ShouldNotContain("KeyRegenerated");
            @operator.Calls.Count(c => c.Verb == verb && c.Resource == resource).ShouldBeLessThan(200);
        }
    }

    [Fact]
    public async Task A_key_that_could_not_be_written_is_written_after_a_short_pause()
    {
        await using var setup = await LineSetup.StartAsync();
        setup.ApplyBasics();
        setup.Server.Inject(new ApiFault.Answer(500), c => c is { Verb: "create", Resource: "secrets" } && c.Body.Contains("demo-key"));
        var @operator = setup.StartOperator(new() { Backoff = LineOptions.RealBackoff });
        await setup.WhenAsync(() => @operator.Writes.Any(c => c.Body.Contains("demo-key")));

        await setup.WhenAsync(() =>
        {
            setup.Jump(TimeSpan.FromSeconds(0.1));
            return setup.Find("secrets", "demo-key") is not null;
        });
        @operator.Writes.Count(c => c is { Verb: "create", Resource: "secrets" } && c.Body.Contains("demo-key")).ShouldBe(2);
    }

    [Fact]
    public async Task A_key_that_nobody_takes_is_tried_less_and_less_often()
    {
        await using var setup = await LineSetup.StartAsync();
        setup.ApplyBasics();
        setup.Server.Inject(
            new ApiFault.Answer(500), c => c is { Verb: "create", Resource: "secrets" } && c.Body.Contains("demo-key"), int.MaxValue);
        var @operator = setup.StartOperator(new() { Backoff = LineOptions.RealBackoff });
        await setup.WhenAsync(() => @operator.Writes.Any(c => c.Body.Contains("demo-key")));

        await setup.PassAsync(@operator, steps: 60, TimeSpan.FromSeconds(5));

        @operator.Writes.Count(c => c.Body.Contains("demo-key")).ShouldBeInRange(10, 25);
    }

    [Fact]
    public async Task What_became_of_a_key_is_told_though_the_push_after_it_fails()
    {
        var (setup, @operator, _) = await LineSetup.ReadyAsync(options: new() { Backoff = LineOptions.RealBackoff });
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        setup.Server.Inject(new ApiFault.Answer(500), c => c is { Verb: "patch", Resource: "secrets", Name: "main-config-index" }, times: 2);

        setup.Delete("secrets", "demo-key");

        await setup.WhenPassingAsync(() => setup.Events("demo").Contains("KeyRegenerated"));
    }

    [Fact]
    public async Task While_the_server_is_down_pods_keep_their_keys_and_afterwards_all_converges()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(options: new() { Backoff = LineOptions.RealBackoff });
        await using var _1 = setup;
        var (key, revision) = (setup.KeyText(), pods[0].Revision);
        setup.Server.IsDown = true;
        for (var i = 0; i < 10; i++)
            setup.Jump(TimeSpan.FromMinutes(1));
        (pods[0].Takes(key), pods[0].Revision).ShouldBe((true, revision));

        setup.Server.Heal();
        setup.Create("modelroutes", Manifest.Route("b"));
        setup.Jump(TimeSpan.FromMinutes(1));
        await setup.WhenAsync(() =>
        {
            setup.Jump(TimeSpan.FromSeconds(1));
            return setup.Condition("modelroutes", "b", "Programmed") == "True Programmed";
        });
        (pods[0].Takes(key), setup.KeyText()).ShouldBe((true, key));
        setup.Events("demo").ShouldBe(["KeyCreated"]);
    }

    [Fact]
    public async Task A_server_restored_to_an_older_state_is_gone_above_and_serves_again()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        var saved = setup.Server.Save();
        setup.Create("modelroutes", Manifest.Route("b"));
        setup.Create("modelroutes", Manifest.Route("c"));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "c", "Programmed") == "True Programmed"
            && setup.Condition("modelroutes", "b", "Programmed") == "True Programmed");
        var seen = pods[0].Revision;

        setup.Server.Restore(saved);
        setup.Create("modelroutes", Manifest.Route("d"));

        await setup.WhenAsync(() => setup.Condition("modelroutes", "d", "Programmed") == "True Programmed" && pods[0].Routes.SequenceEqual(["a@1", "d@1"]));
        pods[0].Revision.ShouldBeGreaterThan(seen);
        await setup.WhenAsync(() => setup.DurableAsync().GetAwaiter().GetResult()?.Config.Revision == pods[0].Revision);
    }

    [Theory]
    [InlineData("modelroutes/status", 1)]
    [InlineData("modelroutes/status", 20)]
    [InlineData("deployments", 20)]
    [InlineData("secrets", 20)]
    public async Task A_write_that_is_throttled_comes_again_when_the_server_has_asked_for_it(string resource, int seconds)
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(options: new() { Backoff = LineOptions.RealBackoff });
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        var before = Writes();
        setup.Server.Inject(new ApiFault.Answer(429, "TooManyRequests", TimeSpan.FromSeconds(seconds)), IsWrite);
        setup.Create("modelroutes", Manifest.Route("b"));
        setup.Patch("llmgateways", "main", Manifest.Spec(new() { ["drainTimeoutSeconds"] = 60 }));
        await setup.WhenAsync(() => Writes() > before);
        var throttled = setup.Now;

        await setup.WhenPassingAsync(() => Writes() > before + 1);
        (setup.Now - throttled).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(seconds - 1));
        await setup.WhenPassingAsync(() => setup.Condition("modelroutes", "b", "Ready") == "True Ready"
            && setup.Condition("llmgateways", "main", "Deployed") == "True Deployed");
        pods[0].Routes.ShouldBe(["a@1", "b@1"]);

        bool IsWrite(ApiCall call) => call.Verb == "patch" && call.Resource == resource && call.UserAgent == @operator.Name;
        int Writes() => setup.Server.Calls.Count(IsWrite);
    }

    [Theory]
    [InlineData("patch", "modelroutes/status")]
    [InlineData("patch", "deployments")]
    [InlineData("get", "services")]
    [InlineData("patch", "secrets")]
    [InlineData("create", "secrets")]
    [InlineData("get", "secrets")]
    public async Task A_block_does_not_wait_for_another_call_that_is_throttled(string verb, string resource)
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(options: new() { Backoff = LineOptions.RealBackoff });
        await using var _1 = setup;
        await setup.WhenAsync(() => setup.Condition("modelroutes", "a", "Programmed") == "True Programmed");
        await setup.WhenAtRestAsync(@operator);
        setup.Server.Inject(new ApiFault.Answer(429, "TooManyRequests", TimeSpan.FromSeconds(25)), IsThrottled, int.MaxValue);
        var before = setup.Server.Calls.Count(IsThrottled);
        setup.Create("secrets", Manifest.Secret("openai", "api-key", "v"));
        setup.Create("modelroutes", Manifest.RouteWithSecret("b", "openai"));
        setup.Create("virtualkeys", Manifest.Key("other"));
        setup.Patch("llmgateways", "main", Manifest.Spec(new() { ["drainTimeoutSeconds"] = 60 }));
        setup.Delete("services", "main");
        await setup.WhenAsync(() => setup.Server.Calls.Count(IsThrottled) > before);
        var (key, start, calls) = (setup.KeyText(), setup.Now, setup.Server.Calls.Count(IsThrottled));

        setup.Patch("virtualkeys", "demo", Manifest.Spec(new() { ["state"] = "Blocked" }));

        await setup.WhenAsync(() => !pods[0].Takes(key));
        (setup.Now - start).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        if (resource == "modelroutes/status")
            setup.Server.Calls.Count(IsThrottled).ShouldBe(calls);

        // The count of revisions and the key that is blocked are what the block itself needs.
        bool IsThrottled(ApiCall call) => call.Verb == verb && call.Resource == resource && call.UserAgent == @operator.Name
            && call.Name is not ("main-config-index" or "demo-key");
    }

    [Fact]
    public async Task A_child_that_is_refused_for_good_slows_down_no_statuses()
    {
        const int Routes = 50;
        var (setup, @operator, _) = await LineSetup.ReadyAsync(options: new() { Backoff = LineOptions.RealBackoff });
        await using var _1 = setup;
        setup.Create("secrets", Manifest.Secret("openai", "api-key", "v"));
        for (var i = 0; i < Routes; i++)
            setup.Create("modelroutes", Manifest.RouteWithSecret($"r{i}", "openai", $"m{i}"));
        await setup.WhenAsync(() => AllAre("True ResolvedRefs"));
        setup.Server.Inject(
            new ApiFault.Answer(403, "Forbidden"), c => c is { Verb: "patch", Resource: "services" } && c.UserAgent == @operator.Name, int.MaxValue);
        setup.Delete("services", "main");
        await setup.PassAsync(@operator, steps: 20, TimeSpan.FromSeconds(30));
        var slow = new TaskCompletionSource();
        setup.Server.Inject(new ApiFault.Hold(slow.Task), IsStatus, times: Routes);
        var before = setup.Server.Calls.Count(IsStatus);

        setup.Delete("secrets", "openai");
        await setup.WhenAsync(() => setup.Server.Calls.Count(IsStatus) > before);
        setup.Jump(TimeSpan.FromSeconds(2));
        slow.SetResult();
        var start = setup.Now;

        await setup.WhenPassingAsync(() => AllAre("False SecretNotFound"));
        (setup.Now - start).ShouldBeLessThan(TimeSpan.FromSeconds(10));

        bool AllAre(string state) => Enumerable.Range(0, Routes).All(i => setup.Condition("modelroutes", $"r{i}", "ResolvedRefs") == state);

        bool IsStatus(ApiCall call) => call is { Verb: "patch", Resource: "modelroutes/status" };
    }

    /// <summary>In the first byte, in the middle of the first event, and right behind its end or near to it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(500)]
    [InlineData(1000)]
    public async Task Watches_that_are_cut_within_an_event_lose_no_change_and_undo_none(int bytes)
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        setup.Server.Inject(new ApiFault.CutAfter(bytes), c => c.Verb == "watch" && c.UserAgent == @operator.Name, times: 30);
        setup.Server.CutWatches();

        for (var i = 0; i < 5; i++)
            setup.Create("modelroutes", Manifest.Route($"r{i}"));
        setup.Patch("modelroutes", "a", Manifest.Spec(new() { ["aliases"] = new System.Text.Json.Nodes.JsonArray("x") }));
        setup.Delete("modelroutes", "r0");

        await setup.WhenAsync(() => pods[0].Routes.SequenceEqual(["a@2", "r1@1", "r2@1", "r3@1", "r4@1"]));
        setup.Events("demo").ShouldBe(["KeyCreated"]);
        pods[0].Process.Accepted.ShouldAllBe(c => c.Keys.Length == 1);
    }

    [Fact]
    public async Task Watches_that_are_cut_and_forgotten_lose_no_change()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        for (var i = 0; i < 10; i++)
        {
            setup.Create("modelroutes", Manifest.Route($"r{i}"));
            setup.Server.CutWatches();
            if (i % 2 == 0)
                setup.Server.Compact();
        }

        await setup.WhenAsync(() => pods[0].Routes.Count() == 11);
    }
}
