using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Tests.Reconcile.Line;

public sealed class PausedTests
{
    private static JsonObject Paused(string? value) => Manifest.Annotation(ResourceGroup.PausedAnnotation, value);

    [Fact]
    public async Task A_paused_route_serves_as_it_did_also_after_a_restart_and_follows_once_it_is_paused_no_more()
    {
        var (setup, first, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        setup.Patch("modelroutes", "a", Paused("true"));
        setup.Patch("modelroutes", "a", Manifest.Spec(new() { ["model"] = "renamed" }));
        setup.Create("modelroutes", Manifest.Route("b"));
        await setup.WhenAsync(() => pods[0].Routes.SequenceEqual(["a@1", "b@1"]));
        await setup.WhenAtRestAsync(first);
        await first.DisposeAsync();

        setup.StartOperator();
        setup.Create("modelroutes", Manifest.Route("c"));
        await setup.WhenAsync(() => pods[0].Routes.SequenceEqual(["a@1", "b@1", "c@1"]));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "a", "Paused") == "True Paused");

        setup.Patch("modelroutes", "a", Paused(null));
        await setup.WhenAsync(() => pods[0].Routes.SequenceEqual(["a@2", "b@1", "c@1"]));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "a", "Ready") == "True Ready");
    }

    [Fact]
    public async Task A_paused_gateways_children_are_left_to_the_hands_that_edit_them_while_its_routes_go_live()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        setup.Patch("llmgateways", "main", Paused("true"));
        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Paused") == "True Paused");
        setup.Patch("deployments", "main", Manifest.Spec(new() { ["replicas"] = 0 }));
        setup.Delete("services", "main");
        setup.Create("modelroutes", Manifest.Route("b"));
        await setup.WhenAsync(() => pods[0].Routes.Contains("b@1"));
        await setup.PassAsync(@operator, steps: 3, TimeSpan.FromMinutes(10));
        setup.Find("services", "main").ShouldBeNull();
        ((int)setup.Find("deployments", "main")!["spec"]!["replicas"]!).ShouldBe(0);

        setup.Patch("llmgateways", "main", Paused(null));
        await setup.WhenAsync(() => setup.Find("services", "main") is not null
            && (int)setup.Find("deployments", "main")!["spec"]!["replicas"]! == 1);
    }

    [Fact]
    public async Task A_paused_key_is_blocked_all_the_same()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        var key = setup.KeyText();
        setup.Patch("virtualkeys", "demo", Paused("true"));

        setup.Patch("virtualkeys", "demo", Manifest.Spec(new() { ["state"] = "Blocked" }));

        await setup.WhenAsync(() => !pods[0].Takes(key));
    }
}
