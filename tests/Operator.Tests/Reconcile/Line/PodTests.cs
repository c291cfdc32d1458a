using Gateway.Contract;

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

    private static ConfigError Error(ObjectReference of) =>
        new() { Kind = of.Kind, Namespace = of.Namespace, Name = of.Name, Field = "targets[0].provider", Message = "is not known" };
}
