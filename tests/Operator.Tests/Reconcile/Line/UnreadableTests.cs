using System.Text.Json.Nodes;

namespace Operator.Tests.Reconcile.Line;

/// <summary>Objects that the API server's schema lets in and this operator's types do not, as after it was rolled back.</summary>
public sealed class UnreadableTests
{
    private static JsonObject Unreadable => Manifest.Spec(new() { ["model"] = new JsonObject { ["of"] = "the future" } });

    [Fact]
    public async Task An_object_that_cannot_be_read_says_so_once_for_each_version()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;

        setup.Patch("modelroutes", "a", Unreadable);
        await setup.PassAsync(@operator, steps: 5, TimeSpan.FromSeconds(30));
        setup.Events("a").ShouldBe(["Unreadable"]);
        setup.Patch("modelroutes", "a", Manifest.Annotation("edited", "again"));
        await setup.PassAsync(@operator, steps: 5, TimeSpan.FromSeconds(30));

        setup.Events("a").ShouldBe(["Unreadable", "Unreadable"]);
        setup.Server.List("events").Where(e => (string)e["reason"]! == "Unreadable").ShouldAllBe(e =>
            (string)e["regarding"]!["kind"]! == "ModelRoute"
            && (string)e["regarding"]!["uid"]! == (string)setup.Find("modelroutes", "a")!["metadata"]!["uid"]!
            && ((string)e["note"]!).Contains("spec.model"));
        pods[0].Routes.ShouldBe(["a@1"]);
    }

    [Fact]
    public async Task An_object_that_never_could_be_read_says_so_and_hides_no_other()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        var bad = Manifest.Route("bad");
        bad["spec"]!["targets"] = "none";

        setup.Create("modelroutes", bad);
        setup.Create("modelroutes", Manifest.Route("good"));

        await setup.WhenPassingAsync(() => pods[0].Routes.Contains("good@1") && setup.Events("bad").Contains("Unreadable"));
    }

    [Fact]
    public async Task A_restarted_operator_keeps_what_it_cannot_read_as_it_was_in_force()
    {
        var (setup, first, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        var key = setup.KeyText();
        await first.DisposeAsync();
        setup.Patch("modelroutes", "a", Unreadable);
        setup.Patch("virtualkeys", "demo", Manifest.Spec(new() { ["state"] = new JsonObject() }));

        setup.StartOperator();
        setup.Create("modelroutes", Manifest.Route("b"));

        await setup.WhenAsync(() => pods[0].Routes.Contains("b@1"));
        pods[0].Routes.ShouldBe(["a@1", "b@1"]);
        pods[0].Takes(key).ShouldBeTrue();
    }

    [Fact]
    public async Task A_status_that_no_version_can_be_given_is_not_tried_again_and_again()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(options: new() { Backoff = LineOptions.RealBackoff });
        await using var _1 = setup;
        setup.Create("secrets", Manifest.Secret("openai", "api-key", "v"));
        setup.Create("modelroutes", Manifest.RouteWithSecret("b", "openai"));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "b", "Ready") == "True Ready");
        setup.Patch("modelroutes", "b", Unreadable);
        await setup.WhenAtRestAsync(@operator);
        var before = @operator.Writes.Length;

        setup.Delete("secrets", "openai");
        await setup.WhenAsync(() => pods[0].Routes.SequenceEqual(["a@1"]));
        await setup.PassAsync(@operator, steps: 20, TimeSpan.FromSeconds(30));

        @operator.Writes.Skip(before).Count(c => c.Resource == "modelroutes/status").ShouldBe(0);
    }

    [Fact]
    public async Task A_gateway_that_cannot_be_read_after_a_restart_is_not_called_missing()
    {
        var (setup, first, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        await first.DisposeAsync();
        setup.Patch("llmgateways", "main", Manifest.Spec(new() { ["replicas"] = "many" }));

        var second = setup.StartOperator();
        await setup.PassAsync(second, steps: 5, TimeSpan.FromSeconds(10));

        setup.Condition("virtualkeys", "demo", "Accepted").ShouldBe("True Accepted");
        setup.Events("main").ShouldContain("Unreadable");
        pods[0].Routes.ShouldBe(["a@1"]);
    }
}
