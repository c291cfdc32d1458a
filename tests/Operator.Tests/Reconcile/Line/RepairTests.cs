using System.Text.Json.Nodes;

namespace Operator.Tests.Reconcile.Line;

public sealed class RepairTests
{
    [Theory]
    [InlineData("main-config-index")]
    [InlineData("main-config-a-0")]
    public async Task A_durable_copy_that_was_deleted_by_hand_is_written_again(string secret)
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        setup.Delete("secrets", (await ActiveAsync(setup, secret)));

        await setup.WhenAsync(() => setup.DurableAsync().GetAwaiter().GetResult()?.Config.Revision >= pods[0].Revision);
    }

    [Theory]
    [InlineData("deployments", "main")]
    [InlineData("services", "main")]
    [InlineData("secrets", "main-admin")]
    public async Task A_child_that_was_deleted_by_hand_is_made_again(string plural, string name)
    {
        var (setup, @operator, _) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        setup.Delete(plural, name);

        await setup.WhenAsync(() => setup.Find(plural, name) is not null);
    }

    [Fact]
    public async Task Somebody_elses_object_in_a_childs_place_is_left_and_all_else_goes_on()
    {
        await using var setup = await LineSetup.StartAsync();
        setup.Create("services", new() { ["metadata"] = new JsonObject { ["name"] = "main" }, ["spec"] = new JsonObject { ["theirs"] = true } });
        setup.ApplyBasics();
        setup.StartOperator();
        var pod = await setup.StartPodAsync();

        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Deployed") == "False Incomplete"
            && setup.Condition("modelroutes", "a", "Programmed") == "True Programmed");
        setup.Find("services", "main")!["spec"]!.ToJsonString().ShouldBe("""{"theirs":true}""");
        setup.Find("deployments", "main").ShouldNotBeNull();
        await setup.WhenAsync(() => setup.Find("secrets", "demo-key") is not null && pod.Takes(setup.KeyText()));
    }

    /// <summary>Of the slots, one of the set that counts.</summary>
    private static async Task<string> ActiveAsync(LineSetup setup, string secret)
    {
        (await setup.DurableAsync()).ShouldNotBeNull();
        if (secret == "main-config-index")
            return secret;
        var index = JsonNode.Parse(setup.SecretOf("main-config-index").Read("index")!)!;
        return (int)index["set"]! == 0 ? "main-config-a-0" : "main-config-b-0";
    }
}
