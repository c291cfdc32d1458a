using Support.ApiServer;

namespace Operator.Tests.Reconcile.Line;

/// <summary>
/// The process dies at a step of the line, before its write has come to the API server or right after; the next one goes on. Never is a key
/// lost or changed, never does a revision go down.
/// </summary>
public sealed class KilledOperatorTests
{
    private static readonly Dictionary<string, Func<ApiCall, bool>> s_firstBoot = new()
    {
        ["the Secret of a key is made"] = c => c is { Verb: "create", Resource: "secrets", Name: "" } && c.Body.Contains("demo-key"),
        ["the first revision is reserved"] = c => c is { Verb: "create", Resource: "secrets" } && c.Body.Contains("main-config-index"),
        ["a slot of the durable copy is written"] = c => c is { Verb: "patch", Resource: "secrets", Name: "main-config-a-0" },
        ["the index of the durable copy is written"] = c => c is { Verb: "patch", Resource: "secrets", Name: "main-config-index" },
        ["the first child is applied"] = c => c is { Verb: "patch", Resource: "serviceaccounts" },
        ["the admin Secret is applied"] = c => c is { Verb: "patch", Resource: "secrets", Name: "main-admin" },
        ["the Deployment is applied"] = c => c is { Verb: "patch", Resource: "deployments" },
        ["the status of the gateway is written"] = c => c is { Verb: "patch", Resource: "llmgateways/status" },
        ["the status of a key is written"] = c => c is { Verb: "patch", Resource: "virtualkeys/status" },
        ["an event is told"] = c => c is { Verb: "create", Resource: "events" },
    };

    private static readonly Dictionary<string, Func<ApiCall, bool>> s_change = new()
    {
        ["the Secret of a key is made"] = c => c is { Verb: "create", Resource: "secrets" },
        ["a revision is reserved"] = c => c is { Verb: "patch", Resource: "secrets", Name: "main-config-index" } && !c.Body.Contains("\"index\""),
        ["a slot is written, after the canary's acknowledgement"] = c => c is { Verb: "patch", Resource: "secrets", Name: "main-config-b-0" or "main-config-a-0" },
        ["the index is written, after the slots"] = c => c is { Verb: "patch", Resource: "secrets", Name: "main-config-index" } && c.Body.Contains("\"index\""),
        ["the status of the gateway is written"] = c => c is { Verb: "patch", Resource: "llmgateways/status" },
        ["the status of a key is written"] = c => c is { Verb: "patch", Resource: "virtualkeys/status" },
    };

    private static readonly Dictionary<string, Func<ApiCall, bool>> s_rotation = new()
    {
        ["the next key is written"] = c => c is { Verb: "patch", Resource: "secrets", Name: "demo-key" } && c.Body.Contains("api-key-next"),
        ["the revision with both keys is reserved"] = c => c is { Verb: "patch", Resource: "secrets", Name: "main-config-index" },
        ["the next key takes its place, after both are pushed"] = c => c is { Verb: "patch", Resource: "secrets", Name: "demo-key" } && c.Body.Contains("\"api-key-next\":null"),
        ["the status is written"] = c => c is { Verb: "patch", Resource: "virtualkeys/status" },
    };

    public static MatrixTheoryData<string, bool> FirstBoot => new(s_firstBoot.Keys, [false, true]);

    public static MatrixTheoryData<string, bool> Change => new(s_change.Keys, [false, true]);

    public static MatrixTheoryData<string, bool> Rotation => new(s_rotation.Keys, [false, true]);

    [Theory, MemberData(nameof(FirstBoot))]
    public async Task Killed_at_the_first_boot_when(string step, bool isDone)
    {
        await using var setup = await LineSetup.StartAsync();
        setup.ApplyBasics();
        var first = setup.StartOperator();
        first.KillAt(s_firstBoot[step], isDone);
        await setup.WhenAsync(() => first.IsDead);
        var key = setup.Find("secrets", "demo-key") is null ? null : setup.KeyText();
        await first.DisposeAsync();

        setup.StartOperator();
        var pod = await setup.StartPodAsync();
        await setup.WhenReadyAsync();

        pod.Takes(setup.KeyText()).ShouldBeTrue();
        if (key is not null)
            setup.KeyText().ShouldBe(key);
        setup.Events("demo").ShouldNotContain("KeyRegenerated");
        (await setup.DurableAsync())!.Config.Revision.ShouldBe(pod.Revision);
        setup.Events("main").Count(e => e == "Programmed").ShouldBeLessThanOrEqualTo(1);
    }

    [Theory, MemberData(nameof(Change))]
    public async Task Killed_in_a_change_when(string step, bool isDone)
    {
        var (setup, first, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        var key = setup.KeyText();
        await setup.WhenAtRestAsync(first);
        first.KillAt(s_change[step], isDone);
        setup.Create("virtualkeys", Manifest.Key("second"));
        await setup.WhenAsync(() => first.IsDead);
        await first.DisposeAsync();
        pods.ShouldAllBe(p => p.Takes(key));

        setup.StartOperator();
        await setup.WhenAsync(() => setup.Condition("virtualkeys", "second", "Ready") == "True Ready"
            && setup.Condition("llmgateways", "main", "Ready") == "True Ready");

        pods.ShouldAllBe(p => p.Takes(key) && p.Takes(setup.KeyText("second")));
        pods.ShouldAllBe(p => IsRising(p));
        setup.KeyText().ShouldBe(key);
        (await setup.DurableAsync())!.Config.Keys.Length.ShouldBe(2);
        setup.Events("second").Count(e => e == "KeyCreated").ShouldBeLessThanOrEqualTo(1);
        setup.Events("demo").ShouldBe(["KeyCreated"]);
    }

    [Theory, MemberData(nameof(Rotation))]
    public async Task Killed_in_a_rotation_when(string step, bool isDone)
    {
        var (setup, first, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        var old = setup.KeyText();
        await setup.WhenAtRestAsync(first);
        first.KillAt(s_rotation[step], isDone);
        setup.Patch("virtualkeys", "demo", Manifest.Rotate("now"));
        await setup.WhenAsync(() => first.IsDead);
        await first.DisposeAsync();
        var next = setup.SecretOf("demo-key").Read("api-key-next");

        var second = setup.StartOperator();
        await setup.WhenAsync(() => setup.KeyText() != old && pods.All(p => p.Takes(setup.KeyText())));
        await setup.WhenAtRestAsync(second);

        if (next is not null)
            setup.KeyText().ShouldBe(next);
        pods.ShouldAllBe(p => p.Takes(old) && IsRising(p));
        setup.Events("demo").Count(e => e == "KeyRotated").ShouldBeLessThanOrEqualTo(1);
        setup.Condition("virtualkeys", "demo", "Ready").ShouldBe("True Ready");
    }

    [Fact]
    public async Task Killed_while_the_canary_has_the_config_in_its_hands()
    {
        var (setup, first, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        var answer = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        foreach (var pod in pods)
        {
            pod.Process.BeforePush = () =>
            {
                asked.TrySetResult();
                return answer.Task;
            };
        }

        setup.Create("modelroutes", Manifest.Route("b"));
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);
        await first.DisposeAsync();
        answer.SetResult();

        setup.StartOperator();
        await setup.WhenAsync(() => setup.Condition("modelroutes", "b", "Programmed") == "True Programmed"
            && pods.All(p => p.Routes.SequenceEqual(["a@1", "b@1"])));
        pods.ShouldAllBe(p => IsRising(p));
    }

    private static bool IsRising(LinePod pod)
    {
        var revisions = pod.Process.Accepted.Select(a => a.Revision).ToList();
        return revisions.SequenceEqual(revisions.Order());
    }
}
