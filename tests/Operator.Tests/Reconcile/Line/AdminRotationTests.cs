using System.Text.Json.Nodes;
using Operator.Children;
using Operator.Push;
using Support.ApiServer;

namespace Operator.Tests.Reconcile.Line;

/// <summary>Certificate and token of the admin port: replaced every 180 days, while pods read their Secret when they come to it.</summary>
public sealed class AdminRotationTests
{
    private const string Secret = "main-admin";

    private static readonly TimeSpan s_period = TimeSpan.FromDays(180);
    private static readonly TimeSpan s_overlap = TimeSpan.FromDays(1);

    private static readonly Dictionary<string, (TimeSpan[] Jumps, int Tokens)> s_steps = new()
    {
        ["the new files are written"] = ([s_period], 2),
        ["the former ones are taken out"] = ([s_period, s_overlap], 1),
    };

    public static MatrixTheoryData<string, bool> Steps => new(s_steps.Keys, [false, true]);

    [Fact]
    public async Task Files_change_on_schedule_and_pods_take_pushes_before_and_after_they_read_them()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        var (first, deployment) = (setup.AdminFilesOf(), setup.Generation("deployments", "main"));
        await setup.PassAsync(@operator, steps: 1, s_period - TimeSpan.FromHours(1));
        Pin(setup.AdminFilesOf()).ShouldBe(Pin(first));

        setup.Jump(TimeSpan.FromHours(1));
        await setup.WhenAsync(() => setup.AdminFilesOf().CertificatePem != first.CertificatePem);
        var second = setup.AdminFilesOf();
        second.Tokens.ShouldBe([second.Tokens[0], first.Tokens[0]]);
        second.FormerPins.ShouldBe([Pin(first)]);
        await ReachesAsync(setup, pods, "old-files");
        pods[0].ReadFiles();
        await ReachesAsync(setup, pods, "one-has-read-them");
        pods[1].ReadFiles();
        await ReachesAsync(setup, pods, "both-have-read-them");

        setup.Jump(s_overlap);
        await setup.WhenAsync(() => setup.AdminFilesOf().Tokens.Length == 1);
        var last = setup.AdminFilesOf();
        (Pin(last), last.Tokens[0], last.FormerPins.Length).ShouldBe((Pin(second), second.Tokens[0], 0));
        Array.ForEach(pods, p => p.ReadFiles());
        await ReachesAsync(setup, pods, "the-former-files-are-gone");

        await setup.WhenAtRestAsync(@operator);
        @operator.Writes.Count(w => w is { Verb: "patch", Resource: "secrets", Name: Secret }).ShouldBe(3);
        setup.Generation("deployments", "main").ShouldBe(deployment);
    }

    [Fact]
    public async Task A_pod_that_was_away_during_the_whole_rotation_is_told_and_served_as_soon_as_it_has_read_its_files()
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        setup.Jump(s_period);
        await setup.WhenAsync(() => setup.AdminFilesOf().Tokens.Length == 2);
        pods[0].ReadFiles();
        setup.Jump(s_overlap);
        await setup.WhenAsync(() => setup.AdminFilesOf().Tokens.Length == 1);

        setup.Create("modelroutes", Manifest.Route("b"));
        await setup.WhenAsync(() => setup.Condition("modelroutes", "b", "Programmed") == "True Programmed");
        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Programmed") == "False Pending");
        pods[1].Routes.ShouldBe(["a@1"]);
        setup.Message("llmgateways", "main", "Programmed").ShouldContain(pods[1].Name);

        pods[1].ReadFiles();
        await setup.WhenAsync(() => pods[1].Routes.SequenceEqual(["a@1", "b@1"]));
        await setup.WhenReadyAsync();
    }

    [Theory, MemberData(nameof(Steps))]
    public async Task Killed_when(string step, bool isDone)
    {
        var (jumps, tokens) = s_steps[step];
        var (setup, first, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        await setup.WhenAtRestAsync(first);
        first.KillAt(
            c => c is { Verb: "patch", Resource: "secrets", Name: Secret } && setup.AdminFilesOf().Tokens.Length != tokens, isDone);
        foreach (var jump in jumps)
        {
            Array.ForEach(pods, p => p.ReadFiles());
            setup.Jump(jump);
            await setup.WhenAsync(() => first.IsDead || setup.AdminFilesOf().Tokens.Length == 2);
        }

        await setup.WhenAsync(() => first.IsDead);
        await first.DisposeAsync();
        setup.StartOperator();

        await setup.WhenAsync(() => setup.AdminFilesOf().Tokens.Length == tokens);
        await ReachesAsync(setup, pods, "files-as-they-were");
        Array.ForEach(pods, p => p.ReadFiles());
        await ReachesAsync(setup, pods, "files-as-they-are");
    }

    [Theory]
    [InlineData("deleted", null)]
    [InlineData("certificate.pem", "-----")]
    [InlineData("tokens", null)]
    [InlineData("tokens", "no\rheader")]
    public async Task Files_that_somebody_destroys_are_put_back_and_no_pod_is_lost(string what, string? value)
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        await setup.WhenAtRestAsync(@operator);
        var before = setup.AdminFilesOf();

        if (what == "deleted")
            setup.Delete("secrets", Secret);
        else
            setup.Patch("secrets", Secret, new() { ["data"] = new JsonObject { [what] = value is null ? null : Manifest.Base64(value) } });

        await setup.WhenAsync(() => setup.Find("secrets", Secret) is not null
            && AdminFiles.Read(setup.SecretOf(Secret)) is { } now
            && (now.CertificatePem, now.Tokens[0]) == (before.CertificatePem, before.Tokens[0]));
        await ReachesAsync(setup, pods, "b");
    }

    [Fact]
    public async Task Files_that_a_restarted_operator_may_not_read_are_not_written_over()
    {
        var (setup, first, pods) = await LineSetup.ReadyAsync(pods: 2);
        await using var _1 = setup;
        await first.DisposeAsync();
        var before = setup.AdminFilesOf();
        setup.Server.Inject(
            new ApiFault.Answer(403, "Forbidden"), c => c is { Verb: "get", Resource: "secrets", Name: Secret }, times: int.MaxValue);

        setup.StartOperator(new() { Backoff = LineOptions.RealBackoff });
        setup.Patch("llmgateways", "main", Manifest.Spec(new() { ["drainTimeoutSeconds"] = 60 }));
        await setup.WhenPassingAsync(() => setup.Generation("deployments", "main") > 1);
        Pin(setup.AdminFilesOf()).ShouldBe(Pin(before));

        setup.Server.Heal();
        setup.Create("modelroutes", Manifest.Route("b"));
        await setup.WhenPassingAsync(() => pods.All(p => p.Routes.Contains("b@1")));
    }

    [Fact]
    public async Task Pods_with_a_database_are_replaced_neither_by_a_rotation_nor_by_an_operator_that_cannot_read_its_Secret()
    {
        await using var setup = await LineSetup.StartAsync();
        var gateway = Manifest.Gateway();
        gateway["spec"]!["postgres"] = new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "db", ["key"] = "uri" } };
        setup.Create("llmgateways", gateway);
        setup.Create("secrets", Manifest.Secret("db", "uri", "postgresql://gateway:secret@db/gateway"));
        setup.Create("modelroutes", Manifest.Route("a"));
        var first = setup.StartOperator();
        await setup.StartPodAsync();
        await setup.WhenAsync(() => setup.Condition("modelroutes", "a", "Ready") == "True Ready");
        var template = setup.Template().ToJsonString();

        setup.Jump(s_period);
        await setup.WhenAsync(() => setup.AdminFilesOf().Tokens.Length == 2);
        await setup.WhenAtRestAsync(first);
        setup.Template().ToJsonString().ShouldBe(template);

        await first.DisposeAsync();
        setup.Server.Inject(
            new ApiFault.Answer(403, "Forbidden"), c => c is { Verb: "get", Resource: "secrets", Name: "db" }, times: int.MaxValue);
        setup.StartOperator();
        setup.Create("modelroutes", Manifest.Route("b"));
        await setup.WhenPassingAsync(() => setup.Condition("modelroutes", "b", "Ready") == "True Ready");
        setup.Template().ToJsonString().ShouldBe(template);
    }

    private static async Task ReachesAsync(LineSetup setup, LinePod[] pods, string route)
    {
        setup.Create("modelroutes", Manifest.Route(route));
        await setup.WhenAsync(() => pods.All(p => p.Routes.Contains($"{route}@1")), route);
        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "Ready") == "True Ready");
    }

    private static string Pin(AdminFiles files) => Convert.ToHexStringLower(AdminCertificate.Parse(files.CertificatePem).Pin.AsSpan());
}
