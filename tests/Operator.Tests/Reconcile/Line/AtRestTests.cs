namespace Operator.Tests.Reconcile.Line;

public sealed class AtRestTests
{
    [Fact]
    public async Task Looks_at_pods_and_passing_minutes_write_nothing()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        var (writes, looks) = (@operator.Writes.Length, pods[0].Process.StatusRequests);

        await setup.PassAsync(@operator, steps: 15, TimeSpan.FromMinutes(1));

        pods[0].Process.StatusRequests.ShouldBeGreaterThan(looks);
        @operator.Writes.Skip(writes).ShouldBeEmpty();
    }

    [Fact]
    public async Task One_changed_route_among_two_hundred_writes_its_own_status_and_the_gateways()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        for (var i = 0; i < 200; i++)
            setup.Create("modelroutes", Manifest.Route($"r{i}"));
        await setup.WhenAsync(() => Enumerable.Range(0, 200).All(i => setup.Condition("modelroutes", $"r{i}", "Ready") == "True Ready"));
        await setup.WhenAtRestAsync(@operator);
        var writes = @operator.Writes.Length;

        setup.Patch("modelroutes", "r7", Manifest.Spec(new() { ["aliases"] = new System.Text.Json.Nodes.JsonArray("seven") }));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "r7", "Programmed") == "True Programmed");
        await setup.WhenAtRestAsync(@operator);

        @operator.Writes.Skip(writes).Where(w => w.Resource != "secrets").Select(w => $"{w.Resource} {w.Name}").Distinct()
            .ShouldBe(["modelroutes/status r7", "llmgateways/status main"], ignoreOrder: true);
        setup.Events("r7").ShouldBeEmpty();
        pods[0].Routes.Count().ShouldBe(201);
    }
}
