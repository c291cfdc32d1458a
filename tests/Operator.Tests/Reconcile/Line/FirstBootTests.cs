namespace Operator.Tests.Reconcile.Line;

public sealed class FirstBootTests
{
    [Fact]
    public async Task Without_pods_the_config_is_durable_before_the_Deployment_is_there()
    {
        await using var setup = await LineSetup.StartAsync();
        setup.ApplyBasics();
        var @operator = setup.StartOperator();

        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Programmed") == "Unknown NoPods");

        (await setup.DurableAsync())!.Config.Keys.ShouldHaveSingleItem().Object.Name.ShouldBe("demo");
        var writes = @operator.Writes.Select(w => $"{w.Resource} {w.Name}").ToList();
        writes.LastIndexOf("secrets main-config-index").ShouldBeLessThan(writes.IndexOf("deployments main"));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "a", "Programmed") == "Unknown NoPods");
    }

    [Fact]
    public async Task The_first_pod_finds_the_config_in_place_and_makes_it_programmed()
    {
        await using var setup = await LineSetup.StartAsync();
        setup.ApplyBasics();
        setup.StartOperator();
        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Programmed") == "Unknown NoPods");

        var pod = await setup.StartPodAsync();
        await setup.WhenReadyAsync();

        pod.Takes(setup.KeyText()).ShouldBeTrue();
        pod.Routes.ShouldBe(["a@1"]);
        await setup.WhenAsync(() => setup.Condition("modelroutes", "a", "Programmed") == "True Programmed");
        pod.Revision.ShouldBe((await setup.DurableAsync())!.Config.Revision);
    }

    [Fact]
    public async Task A_gateway_that_is_scaled_to_zero_and_back_serves_what_changed_meanwhile()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        await pods[0].DeleteAsync();
        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Available") == "False NoPods");
        setup.Create("modelroutes", Manifest.Route("b"));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "b", "Programmed") == "Unknown NoPods");

        var pod = await setup.StartPodAsync();
        await setup.WhenReadyAsync();

        pod.Routes.ShouldBe(["a@1", "b@1"]);
        await setup.WhenAsync(() => setup.Condition("modelroutes", "b", "Programmed") == "True Programmed");
    }
}
