using Support.ApiServer;

namespace Operator.Tests.Reconcile.Line;

public sealed class RestartTests
{
    [Fact]
    public async Task A_restarted_operator_that_cannot_read_the_Secret_of_a_key_leaves_the_key_with_the_pods_and_pushes_the_rest()
    {
        var (setup, first, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        var key = setup.KeyText();
        await first.DisposeAsync();
        var forbidden = new ApiFault.Answer(403, "Forbidden");
        setup.Server.Inject(forbidden, c => c is { Verb: "get", Resource: "secrets", Name: "demo-key" }, times: int.MaxValue);

        setup.StartOperator();
        setup.Create("modelroutes", Manifest.Route("b"));
        await setup.WhenAsync(() => pods[0].Routes.Contains("b@1"));

        pods[0].Takes(key).ShouldBeTrue();
        setup.Condition("virtualkeys", "demo", "Programmed").ShouldBe("True Programmed");
    }
}
