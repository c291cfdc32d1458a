using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Tests.Reconcile.Line;

/// <summary>A release of the operator that makes other pods: gateways roll one at a time.</summary>
public sealed class UpgradeTests
{
    private static readonly string[] s_gateways = ["one", "two", "three"];

    [Fact]
    public async Task Gateways_roll_one_at_a_time_each_when_the_pods_of_the_one_before_are_up()
    {
        var (setup, pods) = await ServingAsync();
        await using var _1 = setup;
        var next = setup.StartOperator(new() { GatewayImage = "gateway:2" });

        for (var rolled = 1; rolled <= s_gateways.Length; rolled++)
        {
            await setup.WhenPassingAsync(() => Rolled(setup).Count() == rolled);
            await setup.PassAsync(next, steps: 5, TimeSpan.FromSeconds(10));
            Rolled(setup).Count().ShouldBe(rolled);
            var gateway = Rolled(setup).Single(pods.ContainsKey);
            pods.Remove(gateway, out var old);
            await old!.DeleteAsync();
            await setup.StartPodAsync(gateway);
            await setup.WhenAsync(() => setup.Condition("llmgateways", gateway, "Ready") == "True Ready");
        }

        await setup.WhenAtRestAsync(next);
        s_gateways.ShouldAllBe(g => setup.Condition("llmgateways", g, "Deployed") == "True Deployed");
    }

    [Fact]
    public async Task A_bad_release_stops_at_the_first_gateway_while_the_others_serve_and_take_what_their_users_change()
    {
        var (setup, pods) = await ServingAsync();
        await using var _1 = setup;
        var next = setup.StartOperator(new() { GatewayImage = "gateway:bad" });
        await setup.WhenAsync(() => Rolled(setup).Any());
        var stuck = Rolled(setup).Single();
        await pods[stuck].DeleteAsync();
        await setup.StartPodAsync(stuck, isReady: false);
        var waiting = s_gateways.Except([stuck]).ToArray();

        await setup.PassAsync(next, steps: 10, TimeSpan.FromMinutes(10));
        Rolled(setup).ShouldBe([stuck]);
        await setup.WhenAsync(() => waiting.All(g => setup.Condition("llmgateways", g, "Deployed") == "False Incomplete"));
        waiting.ShouldAllBe(g => setup.Message("llmgateways", g, "Deployed").Contains($"/{stuck}`"));

        setup.Create("modelroutes", Manifest.Route("b", null, s_gateways));
        await setup.WhenAsync(() => waiting.All(g => pods[g].Routes.Contains("b@1")));
        setup.Patch("llmgateways", waiting[0], Manifest.Spec(new() { ["drainTimeoutSeconds"] = 60 }));
        await setup.WhenAsync(() => Rolled(setup).Contains(waiting[0]));
        Rolled(setup).ShouldNotContain(waiting[1]);
    }

    [Theory]
    [InlineData("paused")]
    [InlineData("mended")]
    [InlineData("deleted")]
    public async Task A_gateway_whose_pods_do_not_come_up_gives_its_turn_away_when_it_is(string what)
    {
        var (setup, pods) = await ServingAsync();
        await using var _1 = setup;
        var next = setup.StartOperator(new() { GatewayImage = "gateway:2" });
        await setup.WhenAsync(() => Rolled(setup).Any());
        var stuck = Rolled(setup).Single();
        pods[stuck].SetReady(false);
        await setup.PassAsync(next, steps: 2, TimeSpan.FromMinutes(1));
        Rolled(setup).Count().ShouldBe(1);

        if (what == "paused")
            setup.Patch("llmgateways", stuck, Manifest.Annotation(ResourceGroup.PausedAnnotation, "true"));
        else if (what == "mended")
            setup.Patch("llmgateways", stuck, Manifest.Spec(new() { ["image"] = "gateway:mended" }));
        else
            setup.Delete("llmgateways", stuck);

        await setup.WhenPassingAsync(() => Rolled(setup).Except([stuck]).Any());
        Rolled(setup).Except([stuck]).Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_gateway_that_is_scaled_while_it_waits_has_other_pods_in_number_alone()
    {
        var (setup, pods) = await ServingAsync();
        await using var _1 = setup;
        var next = setup.StartOperator(new() { GatewayImage = "gateway:bad" });
        await setup.WhenAsync(() => Rolled(setup).Any());
        var stuck = Rolled(setup).Single();
        pods[stuck].SetReady(false);
        var scaled = s_gateways.Except([stuck]).First();
        await setup.WhenAtRestAsync(next);

        setup.Patch("llmgateways", scaled, Manifest.Spec(new() { ["replicas"] = 0 }));

        await setup.WhenAsync(() => (int)setup.Find("deployments", scaled)!["spec"]!["replicas"]! == 0);
        await setup.PassAsync(next, steps: 5, TimeSpan.FromSeconds(10));
        Rolled(setup).ShouldBe([stuck]);
        setup.Template(scaled).ToJsonString().ShouldContain("gateway:1");
        var writes = next.Writes.Length;
        await setup.PassAsync(next, steps: 5, TimeSpan.FromSeconds(10));
        next.Writes.Skip(writes).ShouldBeEmpty();

        setup.Delete("llmgateways", stuck);
        await setup.WhenPassingAsync(() => Rolled(setup).Except([stuck]).Any());
    }

    [Fact]
    public async Task A_restart_of_the_same_release_rolls_nothing()
    {
        var (setup, _) = await ServingAsync();
        await using var _1 = setup;
        var versions = s_gateways.Select(g => setup.Generation("deployments", g)).ToList();

        var next = setup.StartOperator();
        setup.Create("modelroutes", Manifest.Route("b", null, s_gateways));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "b", "Ready") == "True Ready");
        await setup.WhenAtRestAsync(next);

        s_gateways.Select(g => setup.Generation("deployments", g)).ShouldBe(versions);
        s_gateways.ShouldAllBe(g => setup.Condition("llmgateways", g, "Deployed") == "True Deployed");
    }

    /// <summary>Three gateways with a pod each, and the operator that made them ended.</summary>
    private static async Task<(LineSetup Setup, Dictionary<string, LinePod> Pods)> ServingAsync()
    {
        var setup = await LineSetup.StartAsync();
        var pods = new Dictionary<string, LinePod>(StringComparer.Ordinal);
        setup.Create("modelroutes", Manifest.Route("a", null, s_gateways));
        foreach (var gateway in s_gateways)
            setup.Create("llmgateways", Manifest.Gateway(gateway));
        var first = setup.StartOperator();
        foreach (var gateway in s_gateways)
            pods[gateway] = await setup.StartPodAsync(gateway);
        await setup.WhenAsync(() => s_gateways.All(g => setup.Condition("llmgateways", g, "Ready") == "True Ready"));
        await setup.WhenAtRestAsync(first);
        await first.DisposeAsync();
        return (setup, pods);
    }

    private static IEnumerable<string> Rolled(LineSetup setup) =>
        s_gateways.Where(g => setup.Find("deployments", g) is not null && Image(setup.Template(g)) != "gateway:1");

    private static string Image(JsonObject template) => (string)template["spec"]!["containers"]![0]!["image"]!;
}
