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

    [Theory]
    [InlineData("deployments", "main", """{"spec":{"replicas":7}}""")]
    [InlineData("deployments", "main", """{"spec":{"template":{"metadata":{"labels":{"app.kubernetes.io/instance":"other"}}}}}""")]
    [InlineData("services", "main", """{"spec":{"ports":[{"name":"http","port":81,"targetPort":81}]}}""")]
    [InlineData("services", "main", """{"metadata":{"labels":{"app.kubernetes.io/managed-by":"me"}}}""")]
    [InlineData("networkpolicies", "main", """{"spec":{"ingress":[{}]}}""")]
    public async Task A_child_that_was_edited_by_hand_is_put_back_and_what_others_added_stays(string plural, string name, string edit)
    {
        var (setup, @operator, _) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        var before = Shape(setup, plural, name);
        var patch = JsonNode.Parse(edit)!.AsObject();
        patch["metadata"] ??= new JsonObject();
        patch["metadata"]!["annotations"] = new JsonObject { ["example.com/mine"] = "stays" };

        setup.Patch(plural, name, patch);
        Shape(setup, plural, name).ShouldNotBe(before);

        await setup.WhenAsync(() => Shape(setup, plural, name) == before);
        await setup.WhenAtRestAsync(@operator);
        ((string?)setup.Find(plural, name)!["metadata"]!["annotations"]!["example.com/mine"]).ShouldBe("stays");
        @operator.Writes.Count(w => w.Resource == plural && w.Name == name).ShouldBeLessThanOrEqualTo(3);
    }

    [Theory]
    [InlineData("main-config-index", "index")]
    [InlineData("main-config-index", "revision")]
    [InlineData("main-config-a-0", "part")]
    public async Task A_durable_copy_that_was_edited_by_hand_is_written_again_and_counts_on(string secret, string key)
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        var name = await ActiveAsync(setup, secret);
        var data = setup.Find("secrets", name)!["data"]!.AsObject();
        data.ContainsKey(key).ShouldBeTrue(string.Join(", ", data.Select(d => d.Key)));

        setup.Patch("secrets", name, new() { ["data"] = new JsonObject { [key] = Manifest.Base64("nonsense") } });
        setup.Create("modelroutes", Manifest.Route("b"));

        await setup.WhenAsync(() => pods[0].Routes.Contains("b@1"));
        await setup.WhenAsync(() => setup.DurableAsync().GetAwaiter().GetResult() is { } found
            && found.Config.Revision == pods[0].Revision && found.Config.Routes.Length == 2);
        pods[0].Process.Accepted.Select(a => a.Revision).ShouldBeInOrder();
    }

    [Fact]
    public async Task What_an_earlier_gateway_of_the_name_has_left_is_waited_for_and_then_replaced()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        setup.Delete("llmgateways", "main");
        setup.Create("llmgateways", Manifest.Gateway());
        var uid = (string)setup.Find("llmgateways", "main")!["metadata"]!["uid"]!;

        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Deployed") == "False Incomplete");
        await setup.WhenAtRestAsync(@operator);
        OwnerOf(setup, "deployments", "main").ShouldNotBe(uid);
        setup.Server.CollectGarbage();
        await pods[0].DeleteAsync();

        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Deployed") == "True Deployed");
        OwnerOf(setup, "deployments", "main").ShouldBe(uid);
        var pod = await setup.StartPodAsync();
        await setup.WhenReadyAsync();
        pod.Takes(setup.KeyText()).ShouldBeTrue();
        pod.Process.Config!.Gateway.ShouldBe(uid);
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

    /// <summary>All that a user can see of it but for what changes with each write.</summary>
    private static string Shape(LineSetup setup, string plural, string name)
    {
        var found = setup.Find(plural, name)!;
        return $"{found["spec"]!.ToJsonString()} {found["metadata"]!["labels"]!.ToJsonString()}";
    }

    private static string OwnerOf(LineSetup setup, string plural, string name) =>
        (string)setup.Find(plural, name)!["metadata"]!["ownerReferences"]![0]!["uid"]!;

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
