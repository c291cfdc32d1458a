using System.Net;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Operator.Children;
using Operator.Tests.Push;

namespace Operator.Tests.Reconcile.Line;

public sealed class PodTests
{
    [Fact]
    public async Task A_named_object_that_a_pod_refuses_is_left_out_and_all_others_go_live()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        foreach (var pod in pods)
            pod.Process.Refuse = c => c.Routes.FirstOrDefault(r => r.Object.Name == "bad") is { } bad ? [Error(bad.Object)] : null;

        setup.Create("modelroutes", Manifest.Route("bad"));
        setup.Create("modelroutes", Manifest.Route("good"));

        await setup.WhenAsync(() => setup.Condition("modelroutes", "good", "Programmed") == "True Programmed"
            && setup.Condition("modelroutes", "bad", "Accepted") == "False Rejected");
        await setup.WhenAtRestAsync(@operator);
        setup.Condition("modelroutes", "bad", "Programmed").ShouldBe("False Rejected");
        pods.ShouldAllBe(p => p.Routes.SequenceEqual(new[] { "a@1", "good@1" }));
        setup.Events("bad").ShouldBe(["Rejected"]);
        setup.Condition("llmgateways", "main", "Ready").ShouldBe("True Ready");
    }

    [Fact]
    public async Task What_a_pod_has_refused_is_offered_to_the_pods_that_take_its_place()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        pods[0].Process.Refuse = c => c.Routes.FirstOrDefault(r => r.Object.Name == "new") is { } @new ? [Error(@new.Object)] : null;
        setup.Create("modelroutes", Manifest.Route("new"));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "new", "Accepted") == "False Rejected");

        await pods[0].DeleteAsync();
        var newer = await setup.StartPodAsync();

        await setup.WhenAsync(() => newer.Routes.Contains("new@1") && setup.Condition("modelroutes", "new", "Ready") == "True Ready");
    }

    [Fact]
    public async Task Records_that_a_pod_has_lost_are_told_once_as_an_event_and_again_when_there_are_more()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        await setup.PassAsync(@operator, 2, TimeSpan.FromMinutes(1));
        setup.Events("main").ShouldNotContain("LedgerRowsLost");

        pods[1].Process.LostRecords = 7;
        await setup.WhenPassingAsync(() => setup.Events("main").Contains("LedgerRowsLost"));
        await setup.PassAsync(@operator, 3, TimeSpan.FromMinutes(1));
        setup.Events("main").Count(e => e == "LedgerRowsLost").ShouldBe(1);

        pods[1].Process.LostRecords = 9;
        await setup.WhenPassingAsync(() => setup.Events("main").Count(e => e == "LedgerRowsLost") == 2);
    }

    [Theory]
    [InlineData(422, """{"errors":[{"message":"the disk is full"}]}""")]
    public async Task A_refusal_that_names_nothing_is_the_gateways_and_changes_nothing(int status, string body)
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        pods[0].Process.Answer = (status, body);
        setup.Create("modelroutes", Manifest.Route("b"));

        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Programmed") == "False Rejected");
        await setup.WhenAtRestAsync(@operator);
        pods[0].Routes.ShouldBe(["a@1"]);
        (await setup.DurableAsync())!.Config.Routes.Length.ShouldBe(1);
        setup.Events("main").Count(e => e == "Rejected").ShouldBe(1);
    }

    [Theory]
    [InlineData(415, """{"errors":[{"message":"schema 9 is not known"}]}""")]
    [InlineData(409, """{"revision":9,"hash":"h","uid":"another"}""")]
    [InlineData(409, """{"revision":9223372036854775807,"hash":"h"}""")]
    [InlineData(400, """{"errors":[null]}""")]
    [InlineData(302, "<html>")]
    [InlineData(500, "")]
    [InlineData(401, "")]
    public async Task A_pod_that_can_take_nothing_keeps_nothing_from_the_other(int status, string body)
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        pods[0].Process.Answer = (status, body);

        setup.Create("modelroutes", Manifest.Route("b"));

        await setup.WhenAsync(() => setup.Condition("modelroutes", "b", "Programmed") == "True Programmed");
        pods[1].Routes.ShouldBe(["a@1", "b@1"]);
        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Programmed") == "False Pending");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("main-else-7d9f")]
    public async Task A_pod_that_only_has_our_labels_is_told_nothing_and_holds_up_nothing(string? owner)
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        var listen = new IPEndPoint(IPAddress.Parse(owner is null ? "127.255.7.8" : "127.255.7.9"), PodPorts.Admin);
        await using var listener = await FakeGateway.StartAsync(pods[0].Process.Certificate, setup.AdminFilesOf().Tokens, listen);
        var forged = LinePod.Manifest("forged", "main", setup.Template(), listener.Pod.Address.Host, isReady: true);
        forged["metadata"]!["ownerReferences"] = owner is null ? new JsonArray() : new JsonArray(LinePod.Owner(owner));

        setup.Create("pods", forged);
        setup.Create("modelroutes", Manifest.Route("b"));

        await setup.WhenAsync(() => setup.Condition("modelroutes", "b", "Programmed") == "True Programmed");
        await setup.WhenAtRestAsync(@operator);
        setup.Condition("llmgateways", "main", "Ready").ShouldBe("True Ready");
        ((int?)setup.Find("llmgateways", "main")!["status"]!["replicas"]).ShouldBe(1);
        (listener.Pushed.Length, listener.StatusRequests).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_mute_pod_makes_room_for_the_next_one()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync(pods: 2, new() { PushTimeout = TimeSpan.FromMilliseconds(200) });
        await using var _1 = setup;
        pods[0].Process.BeforePush = () => Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);

        setup.Create("modelroutes", Manifest.Route("b"));

        await setup.WhenAsync(() => setup.Condition("modelroutes", "b", "Programmed") == "True Programmed");
        pods[1].Routes.ShouldBe(["a@1", "b@1"]);
        pods[0].Routes.ShouldBe(["a@1"]);
    }

    [Fact]
    public async Task A_pod_whose_own_copy_is_ahead_is_gone_above_and_serves_what_is_wanted()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;

        var ahead = await setup.StartPodAsync(prepare: p => p.Boot(p.Config! with { Revision = 500, Hash = "of another time" }));

        await setup.WhenAsync(() => ahead.Revision > 500 && ahead.Revision == pods[0].Revision);
        await setup.WhenReadyAsync();
        setup.Create("modelroutes", Manifest.Route("b"));
        await setup.WhenAsync(() => ahead.Routes.Contains("b@1") && pods[0].Routes.Contains("b@1"));
        await setup.WhenAsync(() => setup.DurableAsync().GetAwaiter().GetResult()!.Config.Revision == ahead.Revision);
    }

    [Theory]
    [InlineData("asked first", 0)]
    [InlineData("among all", 1)]
    public async Task A_pod_that_is_replaced_in_the_middle_of_a_push_holds_up_nobody_and_its_successor_serves_it(string when, int which)
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(pods: 2, new() { PushTimeout = TimeSpan.FromHours(1) });
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        var asked = new TaskCompletionSource();
        pods[which].Process.BeforePush = () =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
        };
        setup.Create("modelroutes", Manifest.Route("b"));
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);

        await pods[which].DeleteAsync();
        var successor = await setup.StartPodAsync();

        await setup.WhenAsync(() => setup.Condition("modelroutes", "b", "Programmed") == "True Programmed", when);
        await setup.WhenAsync(() => successor.Routes.Contains("b@1") && pods[1 - which].Routes.Contains("b@1"));
        await setup.WhenReadyAsync();
    }

    [Fact]
    public async Task A_pod_that_started_anew_without_its_volume_at_its_old_address_gets_its_config_again()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync(pods: 2, new() { LookIn = TimeSpan.FromMilliseconds(50) });
        await using var _1 = setup;

        pods[0].Process.Forget();

        await setup.WhenAsync(() => pods[0].Routes.SequenceEqual(["a@1"]) && pods[0].Takes(setup.KeyText()));
    }

    private static ConfigError Error(ObjectReference of) =>
        new() { Kind = of.Kind, Namespace = of.Namespace, Name = of.Name, Field = "targets[0].provider", Message = "is not known" };
}
