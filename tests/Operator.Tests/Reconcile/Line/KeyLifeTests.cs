using System.Text.Json.Nodes;

namespace Operator.Tests.Reconcile.Line;

public sealed class KeyLifeTests
{
    [Fact]
    public async Task A_rotation_by_schedule_over_two_pods_keeps_the_old_key_to_the_end_of_the_overlap()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        setup.Patch("virtualkeys", "demo", Manifest.Spec(new()
        {
            ["rotation"] = new JsonObject { ["periodSeconds"] = 86_400, ["overlapSeconds"] = 3600 },
        }));
        var old = setup.KeyText();
        await setup.WhenAsync(() => setup.Condition("virtualkeys", "demo", "Ready") == "True Ready");
        await setup.WhenAtRestAsync(@operator);

        setup.Jump(TimeSpan.FromDays(1));
        await setup.WhenAsync(() => setup.KeyText() != old && pods.All(p => p.Takes(setup.KeyText())));
        await setup.WhenAtRestAsync(@operator);
        pods.ShouldAllBe(p => p.Takes(old));
        setup.SecretOf("demo-key").Read("api-key-next").ShouldBeNull();

        setup.Jump(TimeSpan.FromHours(1));
        await setup.WhenAsync(() => pods.All(p => !p.Takes(old) && p.Takes(setup.KeyText())));
        await setup.WhenAtRestAsync(@operator);
        setup.Events("demo").ShouldBe(["KeyCreated", "KeyRotating", "KeyRotated"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_rotation_waits_for_the_pod_that_does_not_answer()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        var old = setup.KeyText();
        pods[1].Process.Answer = (500, null);

        setup.Patch("virtualkeys", "demo", Manifest.Rotate("now"));
        await setup.WhenAsync(() => setup.SecretOf("demo-key").Read("api-key-next") is { } next && pods[0].Takes(next));
        setup.KeyText().ShouldBe(old);

        pods[1].Process.Answer = null;
        await setup.WhenAsync(() => setup.KeyText() != old && pods.All(p => p.Takes(setup.KeyText()) && p.Takes(old)));
    }

    [Fact]
    public async Task A_blocked_key_and_a_deleted_one_are_refused_by_all_pods_and_the_gateway_says_so()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        setup.Create("virtualkeys", Manifest.Key("second"));
        await setup.WhenAsync(() => setup.Condition("virtualkeys", "second", "Ready") == "True Ready");
        var (first, second) = (setup.KeyText(), setup.KeyText("second"));

        setup.Patch("virtualkeys", "demo", Manifest.Spec(new() { ["state"] = "Blocked" }));
        await setup.WhenAsync(() => pods.All(p => !p.Takes(first) && p.Takes(second)));
        await setup.WhenAsync(() => setup.Events("main").Count(e => e == "KeysRevoked") == 1);
        setup.Delete("virtualkeys", "second");

        await setup.WhenAsync(() => pods.All(p => !p.Takes(second)));
        await setup.WhenAsync(() => setup.Events("main").Count(e => e == "KeysRevoked") == 2);
    }

    [Fact]
    public async Task A_deleted_Secret_gives_a_new_key_and_a_warning()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        var old = setup.KeyText();

        setup.Delete("secrets", "demo-key");

        await setup.WhenAsync(() => setup.Find("secrets", "demo-key") is not null && pods[0].Takes(setup.KeyText()) && !pods[0].Takes(old));
        await setup.WhenAsync(() => setup.Events("demo").Count(e => e == "KeyRegenerated") == 1);
    }

    [Fact]
    public async Task A_Secret_edited_to_nonsense_is_one_mistake_and_the_key_comes_back_with_its_text()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        var text = setup.KeyText();
        setup.Patch("secrets", "demo-key", new() { ["data"] = new JsonObject { ["api-key"] = Manifest.Base64("hunter2") } });
        await setup.WhenAsync(() => setup.Condition("virtualkeys", "demo", "ResolvedRefs") == "False SecretValueInvalid");
        await setup.WhenAtRestAsync(@operator);
        (setup.KeyText(), pods[0].Takes(text)).ShouldBe(("hunter2", false));

        setup.Patch("secrets", "demo-key", new() { ["data"] = new JsonObject { ["api-key"] = Manifest.Base64(text) } });
        await setup.WhenAsync(() => pods[0].Takes(text));
        setup.Events("demo").Count(e => e == "SecretValueInvalid").ShouldBe(1);
    }

    [Fact]
    public async Task A_key_of_ones_own_is_taken_and_follows_its_Secret()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        setup.Create("secrets", Manifest.Secret("mine", "k", "sk-mine-0123456789abcdef0123456789"));
        setup.Create("virtualkeys", Manifest.Key("own", more: new()
        {
            ["valueFrom"] = new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "mine", ["key"] = "k" } },
        }));
        await setup.WhenAsync(() => pods[0].Takes("sk-mine-0123456789abcdef0123456789"));

        setup.Patch("secrets", "mine", new() { ["data"] = new JsonObject { ["k"] = Manifest.Base64("sk-mine-another-9876543210987654") } });
        await setup.WhenAsync(() => pods[0].Takes("sk-mine-another-9876543210987654") && !pods[0].Takes("sk-mine-0123456789abcdef0123456789"));
    }

    [Fact]
    public async Task A_key_expires_with_one_event_and_no_push()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        setup.Patch("virtualkeys", "demo", Manifest.Spec(new() { ["expirationTime"] = setup.Now.AddHours(1).ToString("O") }));
        await setup.WhenAsync(() => pods[0].Process.Config!.Keys[0].ExpirationTime is not null);
        await setup.WhenAtRestAsync(@operator);

        await setup.PassAsync(@operator, steps: 3, TimeSpan.FromHours(0.5));

        await setup.WhenAsync(() => setup.Condition("virtualkeys", "demo", "Expired") == "True Expired");
        await setup.WhenAsync(() => setup.Events("demo").Count(e => e == "KeyExpired") == 1);
    }

    [Fact]
    public async Task A_gateway_that_goes_and_comes_back_takes_the_same_key()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        var key = setup.KeyText();
        setup.Delete("llmgateways", "main");
        await setup.WhenAsync(() => setup.Condition("virtualkeys", "demo", "Accepted") == "False GatewayNotFound");
        setup.Server.CollectGarbage();
        await pods[0].DeleteAsync();

        setup.Create("llmgateways", Manifest.Gateway());
        var pod = await setup.StartPodAsync();
        await setup.WhenReadyAsync();
        await setup.WhenAsync(() => pod.Takes(key));

        setup.KeyText().ShouldBe(key);
    }
}
