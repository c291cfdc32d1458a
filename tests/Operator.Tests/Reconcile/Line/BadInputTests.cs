using System.Text.Json.Nodes;
using Support.ApiServer;

namespace Operator.Tests.Reconcile.Line;

/// <summary>Each mistake of a user is one condition with a stable reason and one event, and costs the API server nothing afterwards.</summary>
public sealed class BadInputTests
{
    private static readonly Dictionary<string, Mistake> s_mistakes = new()
    {
        ["an unknown gateway"] = new(s => s.Create("virtualkeys", Manifest.Key("bad", "nobody")), "virtualkeys", "Accepted", "False GatewayNotFound"),
        ["a missing Secret"] = new(s => s.Create("modelroutes", Manifest.RouteWithSecret("bad", "nowhere")), "modelroutes", "ResolvedRefs", "False SecretNotFound"),
        ["a key missing in a Secret"] = new(
            s =>
            {
                s.Create("secrets", Manifest.Secret("openai", "other", "v"));
                s.Create("modelroutes", Manifest.RouteWithSecret("bad", "openai"));
            },
            "modelroutes", "ResolvedRefs", "False SecretKeyMissing"),
        ["a Secret of a forbidden type"] = new(
            s =>
            {
                s.Create("secrets", Manifest.Secret("token", "api-key", "v", "kubernetes.io/service-account-token"));
                s.Create("modelroutes", Manifest.RouteWithSecret("bad", "token"));
            },
            "modelroutes", "ResolvedRefs", "False SecretNotAllowed"),
        ["a model that another route has"] = new(s => s.Create("modelroutes", Manifest.Route("bad", "a")), "modelroutes", "Accepted", "False Conflict"),
        ["an unknown time zone"] = new(
            s =>
            {
                var budget = Manifest.Budget("bad");
                budget["spec"]!["timeZone"] = "Mars/Olympus";
                s.Create("budgets", budget);
            },
            "budgets", "Accepted", "False Invalid"),
        ["a header that may not be set"] = new(
            s =>
            {
                var route = Manifest.Route("bad");
                route["spec"]!["targets"]![0]!["headers"] = new JsonObject { ["Host"] = "evil" };
                s.Create("modelroutes", route);
            },
            "modelroutes", "Accepted", "False Invalid"),
        ["an unknown gateway of a route"] = new(s => s.Create("modelroutes", Manifest.Route("bad", null, "nobody")), "modelroutes", "Accepted", "False GatewayNotFound"),
        ["an unknown gateway of a budget"] = new(
            s =>
            {
                var budget = Manifest.Budget("bad");
                budget["spec"]!["gatewayRef"]!["name"] = "nobody";
                s.Create("budgets", budget);
            },
            "budgets", "Accepted", "False GatewayNotFound"),
        ["an option of another provider"] = new(
            s =>
            {
                var route = Manifest.RouteWithSecret("bad", "none");
                route["spec"]!["targets"]![0]!["simulated"] = new JsonObject();
                s.Create("modelroutes", route);
            },
            "modelroutes", "Accepted", "False Invalid"),
        ["a key in a namespace that the gateway does not let in"] = new(
            s =>
            {
                s.Server.CreateNamespace("elsewhere");
                var key = Manifest.Key("bad");
                key["spec"]!["gatewayRef"]!["namespace"] = s.Namespace;
                s.Server.Create("virtualkeys", "elsewhere", key);
            },
            "virtualkeys", "Accepted", "False NotAllowed"),
        ["a budget over another namespace's gateway"] = new(
            s =>
            {
                s.Server.CreateNamespace("elsewhere");
                var budget = Manifest.Budget("bad");
                budget["spec"]!["gatewayRef"]!["namespace"] = s.Namespace;
                s.Server.Create("budgets", "elsewhere", budget);
            },
            "budgets", "Accepted", "False NotAllowed"),
        ["a model without a price under a cost budget"] = new(Unpriced, "modelroutes", "Priced", "False PriceUnknown"),
        ["a model without a price that is allowed to be so"] = new(Unpriced, "modelroutes", "Priced", "False PriceUnknown", "Allow"),
        ["a Secret that may not be read"] = new(
            s =>
            {
                s.Server.Inject(new ApiFault.Answer(403, "Forbidden"), c => c is { Verb: "get", Resource: "secrets", Name: "locked" }, int.MaxValue);
                s.Create("secrets", Manifest.Secret("locked", "api-key", "v"));
                s.Create("modelroutes", Manifest.RouteWithSecret("bad", "locked"));
            },
            "modelroutes", "ResolvedRefs", "False SecretUnreadable"),
    };

    private static void Unpriced(LineSetup setup)
    {
        setup.Create("budgets", Manifest.Budget("all"));
        var route = Manifest.Route("bad");
        route["spec"]!["targets"]![0]!.AsObject().Remove("pricing");
        setup.Create("modelroutes", route);
    }

    /// <summary>Until the operator knows it: what it then says of a route, it says once.</summary>
    private static Task SetUnpricedModelsAsync(LineSetup setup, string policy)
    {
        setup.Patch("llmgateways", "main", Manifest.Spec(new() { ["unpricedModels"] = policy }));
        return setup.WhenReadyAsync();
    }

    public static TheoryData<string> Mistakes => [.. s_mistakes.Keys];

    [Theory, MemberData(nameof(Mistakes))]
    public async Task One_condition_one_event_and_no_storm_for(string mistake)
    {
        var (apply, plural, condition, expected, unpricedModels) = s_mistakes[mistake];
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(options: new() { Backoff = LineOptions.RealBackoff });
        await using var _1 = setup;
        await SetUnpricedModelsAsync(setup, unpricedModels);
        apply(setup);
        setup.Create("modelroutes", Manifest.Route("good"));
        var bad = setup.Find(plural, "bad") is null ? "elsewhere/bad" : "bad";
        await setup.WhenPassingAsync(() => setup.Condition(plural, bad, condition) == expected);
        await setup.WhenAsync(() => pods[0].Routes.Contains("good@1"));
        await setup.WhenAsync(() => setup.Events(bad).Contains(expected.Split(' ')[1]));
        await setup.WhenAtRestAsync(@operator);
        var (calls, writes) = (@operator.Calls.Length, @operator.Writes.Length);

        await setup.PassAsync(@operator, steps: 20, TimeSpan.FromSeconds(30));

        var reason = expected.Split(' ')[1];
        setup.Events("bad").Where(e => e != "KeyCreated").ShouldBe([reason]);
        setup.Mistakes(plural, bad).Where(m => m.Split(' ') is [not ("Exceeded" or "Durable"), var other] && other != reason).ShouldBeEmpty();
        setup.Message(plural, bad, condition).ShouldNotBeEmpty();
        @operator.Writes.Skip(writes).ShouldBeEmpty();
        (@operator.Calls.Length - calls).ShouldBeLessThan(60);
        setup.Condition("llmgateways", "main", "Ready").ShouldBe("True Ready");
    }

    [Fact]
    public async Task A_Secret_that_may_not_be_read_holds_up_no_first_boot()
    {
        await using var setup = await LineSetup.StartAsync();
        setup.Server.Inject(new ApiFault.Answer(403, "Forbidden"), c => c is { Verb: "get", Resource: "secrets", Name: "locked" }, int.MaxValue);
        setup.Create("secrets", Manifest.Secret("locked", "api-key", "v"));
        setup.Create("modelroutes", Manifest.RouteWithSecret("bad", "locked"));
        setup.ApplyBasics();
        var start = setup.Now;
        setup.StartOperator(new() { Backoff = LineOptions.RealBackoff });

        await setup.StartPodAsync();
        await setup.WhenReadyAsync();

        await setup.WhenAsync(() => setup.Condition("modelroutes", "bad", "ResolvedRefs") == "False SecretUnreadable");
        (setup.Now - start).ShouldBeLessThan(TimeSpan.FromSeconds(25));
    }

    [Theory]
    [InlineData("main-config-index")]
    [InlineData("main-config-a-0")]
    public async Task A_gateway_whose_Secrets_a_quota_forbids_says_so_and_serves_once_it_is_lifted(string secret)
    {
        await using var setup = await LineSetup.StartAsync();
        setup.Server.Inject(new ApiFault.Answer(403, "Forbidden"), c => c is { Verb: "create" or "patch", Resource: "secrets" } && c.Name == secret
            || c is { Verb: "create", Resource: "secrets", Name: "" } && c.Body.Contains($"\"{secret}\""), int.MaxValue);
        setup.ApplyBasics();
        setup.StartOperator(new() { Backoff = LineOptions.RealBackoff });

        await setup.WhenPassingAsync(() => setup.Condition("llmgateways", "main", "Ready") == "False Incomplete");
        await setup.WhenPassingAsync(() => setup.Message("llmgateways", "main", "Deployed").Contains("403"));

        setup.Server.Heal();
        await setup.StartPodAsync();
        await setup.WhenReadyPassingAsync();
    }

    [Fact]
    public async Task An_index_that_is_somebody_elses_stays_as_it_is_and_the_gateway_says_whose_it_is()
    {
        await using var setup = await LineSetup.StartAsync();
        var taken = Manifest.Secret("main-config-index", "theirs", "v");
        taken["metadata"]!["ownerReferences"] = new JsonArray(LinePod.Owner("theirs"));
        setup.Create("secrets", taken);
        var before = setup.Find("secrets", "main-config-index")!.ToJsonString();
        setup.ApplyBasics();
        setup.StartOperator(new() { Backoff = LineOptions.RealBackoff });

        await setup.WhenPassingAsync(() => setup.Message("llmgateways", "main", "Ready").Contains("belongs to the ReplicaSet theirs"));

        setup.Find("secrets", "main-config-index")!.ToJsonString().ShouldBe(before);
        setup.Delete("secrets", "main-config-index");
        await setup.StartPodAsync();
        await setup.WhenReadyPassingAsync();
    }

    [Theory]
    [InlineData("Reject", "refused under a cost budget")]
    [InlineData("Allow", "served and not counted under a cost budget")]
    public async Task A_route_without_a_price_says_what_becomes_of_its_calls(string policy, string says)
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;

        await SetUnpricedModelsAsync(setup, policy);
        Unpriced(setup);

        await setup.WhenAsync(() => pods[0].Routes.Contains("bad@1"));
        await setup.WhenAsync(() => setup.Message("modelroutes", "bad", "Priced").Contains(says));
    }

    [Fact]
    public async Task A_gateway_that_becomes_invalid_keeps_its_last_valid_version_and_serves_what_comes()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;

        setup.Patch("llmgateways", "main", Manifest.Spec(new() { ["replicas"] = 3 }));
        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Accepted") == "False Invalid");
        setup.Create("modelroutes", Manifest.Route("b"));

        await setup.WhenAsync(() => pods[0].Routes.SequenceEqual(["a@1", "b@1"]));
        ((int)setup.Find("deployments", "main")!["spec"]!["replicas"]!).ShouldBe(1);
        setup.Events("main").Count(e => e == "Invalid").ShouldBe(1);
    }

    [Fact]
    public async Task A_gateway_that_names_a_missing_Secret_keeps_the_pods_that_serve_until_it_is_there()
    {
        var (setup, @operator, _) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        var template = setup.Template().ToJsonString();

        setup.Patch("llmgateways", "main", Manifest.Spec(new()
        {
            ["tls"] = new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "certificate" } },
        }));
        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "ResolvedRefs") == "False SecretNotFound");
        await setup.WhenAtRestAsync(@operator);
        setup.Template().ToJsonString().ShouldBe(template);
        setup.Condition("llmgateways", "main", "Deployed").ShouldBe("False Incomplete");
        setup.Message("llmgateways", "main", "Deployed").ShouldContain("`ResolvedRefs`");

        var certificate = Manifest.Secret("certificate", "tls.crt", Pem("CERTIFICATE"));
        certificate["data"]!["tls.key"] = Manifest.Base64(Pem("PRIVATE KEY"));
        setup.Create("secrets", certificate);
        await setup.WhenAsync(() => setup.Template().ToJsonString().Contains("\"certificate\""));
        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Deployed") == "True Deployed");
    }

    private static string Pem(string label) => $"-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n";

    [Fact]
    public async Task A_gateway_that_was_never_valid_is_mended_and_served()
    {
        await using var setup = await LineSetup.StartAsync();
        var gateway = Manifest.Gateway();
        gateway["spec"]!["replicas"] = 3;
        setup.Create("llmgateways", gateway);
        setup.Create("virtualkeys", Manifest.Key("demo"));
        setup.StartOperator();
        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Accepted") == "False Invalid");
        setup.Find("deployments", "main").ShouldBeNull();

        setup.Patch("llmgateways", "main", Manifest.Spec(new() { ["replicas"] = 1 }));
        var pod = await setup.StartPodAsync();
        await setup.WhenReadyAsync();
        pod.Takes(setup.KeyText()).ShouldBeTrue();
    }

    [Fact]
    public async Task One_invalid_route_among_a_thousand_stops_no_other()
    {
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var _1 = setup;
        for (var i = 0; i < 1000; i++)
            setup.Create("modelroutes", Manifest.Route($"r{i}", i == 500 ? "a" : null));

        await setup.WhenAsync(() => pods[0].Routes.Count() == 1000);
        await setup.WhenAsync(() => setup.Condition("modelroutes", "r500", "Accepted") == "False Conflict");
        await setup.WhenAsync(() => setup.Condition("modelroutes", "r999", "Ready") == "True Ready");
    }

    [Fact]
    public async Task A_Secret_that_cannot_be_read_for_a_moment_is_read_again_soon()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(options: new() { Backoff = LineOptions.RealBackoff });
        await using var _1 = setup;
        await setup.PassAsync(@operator, steps: 1, TimeSpan.FromMinutes(1));
        setup.Server.Inject(new ApiFault.Answer(403, "Forbidden"), c => c is { Verb: "get", Resource: "secrets", Name: "openai" }, times: 1);
        setup.Create("secrets", Manifest.Secret("openai", "api-key", "v"));
        setup.Create("modelroutes", Manifest.RouteWithSecret("b", "openai"));
        await setup.WhenAsync(() => setup.Calls("openai") > 0);
        await setup.WhenAtRestAsync(@operator);

        await setup.PassAsync(@operator, steps: 4, TimeSpan.FromSeconds(30));

        await setup.WhenAsync(() => pods[0].Routes.Contains("b@1"));
    }

    private sealed record Mistake(Action<LineSetup> Apply, string Plural, string Condition, string Is, string UnpricedModels = "Reject");
}
