using Support.ApiServer;

namespace Operator.Tests.Reconcile.Line;

/// <summary>A gateway that was deleted is forgotten with its last pod, whatever the API server says meanwhile.</summary>
public sealed class GoneGatewayTests
{
    [Fact]
    public async Task Nothing_is_written_for_a_gateway_that_is_gone_with_its_namespace()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(options: new() { Backoff = LineOptions.RealBackoff });
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        setup.Server.Inject(new ApiFault.Answer(403, "Forbidden"), c => c.Verb is "create" or "patch" && c.Resource == "secrets", int.MaxValue);

        await pods[0].DeleteAsync();
        setup.Delete("virtualkeys", "demo");
        setup.Delete("modelroutes", "a");
        setup.Delete("llmgateways", "main");
        await setup.PassAsync(@operator, steps: 5, TimeSpan.FromSeconds(10));
        var calls = @operator.Calls.Length;
        await setup.PassAsync(@operator, steps: 10, TimeSpan.FromMinutes(1));

        @operator.Calls.Skip(calls).Where(c => c.Resource == "secrets").ShouldBeEmpty();
        @operator.Metrics.ShouldNotContain($"{setup.Namespace}/main");
    }

    [Fact]
    public async Task A_gateway_whose_pods_go_after_it_is_forgotten_soon()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        setup.Delete("llmgateways", "main");
        await pods[0].Process.DisposeAsync();
        await setup.PassAsync(@operator, steps: 5, TimeSpan.FromSeconds(10));
        @operator.Metrics.ShouldContain($"{setup.Namespace}/main");

        setup.Delete("pods", pods[0].Name);
        await setup.PassAsync(@operator, steps: 5, TimeSpan.FromSeconds(10));

        @operator.Metrics.ShouldNotContain($"{setup.Namespace}/main");
    }
}
