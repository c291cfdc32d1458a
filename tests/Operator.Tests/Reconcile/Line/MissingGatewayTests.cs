namespace Operator.Tests.Reconcile.Line;

/// <summary>Resources whose gateway is not there: a mistake, or a folder that is applied by the alphabet.</summary>
public sealed class MissingGatewayTests
{
    [Fact]
    public async Task Resources_that_come_a_moment_before_their_gateway_are_told_of_no_mistake()
    {
        await using var setup = await LineSetup.StartAsync();
        var @operator = setup.StartOperator();
        await setup.WhenAsync(() => @operator.Calls.Any(c => c.Resource == "llmgateways" && c.Verb == "watch"));
        setup.Create("budgets", Manifest.Budget("all"));
        setup.Create("virtualkeys", Manifest.Key("demo"));
        setup.Create("modelroutes", Manifest.Route("a"));
        await setup.WhenAtRestAsync(@operator);
        @operator.Writes.ShouldNotContain(c => c.Resource == "virtualkeys/status");

        setup.Create("llmgateways", Manifest.Gateway());
        await setup.StartPodAsync();
        await setup.WhenReadyAsync();

        foreach (var name in new[] { "all", "demo", "a" })
            setup.Events(name).ShouldNotContain("GatewayNotFound");
    }

    [Fact]
    public async Task Those_whose_gateway_does_not_come_are_told_so_once_by_themselves()
    {
        await using var setup = await LineSetup.StartAsync();
        var @operator = setup.StartOperator();
        setup.Create("virtualkeys", Manifest.Key("demo"));
        await setup.WhenAtRestAsync(@operator);

        await setup.PassAsync(@operator, steps: 3, TimeSpan.FromSeconds(2));

        await setup.WhenAsync(() => setup.Condition("virtualkeys", "demo", "Accepted") == "False GatewayNotFound");
        await setup.PassAsync(@operator, steps: 3, TimeSpan.FromMinutes(1));
        setup.Events("demo").ShouldBe(["GatewayNotFound"]);
    }
}
