using System.Net;

namespace Integration.Tests.Standalone;

/// <summary>What saving, breaking, mending and deleting a manifest does to a gateway that serves.</summary>
public sealed class EditingTests : IDisposable
{
    private readonly StandaloneFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_route_and_a_changed_target_are_live_without_a_restart()
    {
        await using var child = await OperatorChild.ServeAsync(_folder);
        var gateway = child.GatewayId();

        _folder.AddRoute("fresh", "first-version");
        await child.UntilChatAsync("fresh", HttpStatusCode.OK, "first-version");
        _folder.AddRoute("fresh", "second-version");
        await child.UntilChatAsync("fresh", HttpStatusCode.OK, "second-version");

        child.GatewayId().ShouldBe(gateway);
    }

    [Fact]
    public async Task Each_change_that_is_live_is_told_and_a_broken_one_is_not()
    {
        await using var child = await OperatorChild.ServeAsync(_folder);
        var before = Live(child);

        _folder.AddRoute("fresh", "good");
        await child.UntilAsync(() => Live(child) == before + 1);
        (await child.ChatAsync("fresh")).Status.ShouldBe(HttpStatusCode.OK);
        _folder.Edit("route-fresh.yaml", "provider: Simulated", "provider: Simulated\n      weight: -1");
        await child.UntilSaidAsync("must be at least 0");
        Live(child).ShouldBe(before + 1);
        child.Errors.ShouldContain("5 errors, 0 warnings: all that is not named here is in force");

        _folder.AddRoute("fresh", "mended");
        await child.UntilAsync(() => Live(child) == before + 2);
    }

    [Fact]
    public async Task The_key_that_a_label_chooses_stays_the_one_that_is_printed_when_others_come()
    {
        await using var child = await OperatorChild.ServeAsync(_folder);
        var key = child.Key;

        _folder.Write("key-another.yaml", """
            apiVersion: llmgateway.dev/v1alpha1
            kind: VirtualKey
            metadata: {name: another}
            spec:
              gatewayRef: {name: main}
              models: [chat]
            """);
        await child.UntilAsync(() => child.Output.Contains("another-key", StringComparison.Ordinal));

        child.Key.ShouldBe(key);
    }

    private static int Live(OperatorChild child) => child.Errors.Split('\n').Count(l => l.EndsWith(" is live", StringComparison.Ordinal));

    [Fact]
    public async Task A_blocked_key_is_refused_and_an_active_one_works_again()
    {
        await using var child = await OperatorChild.ServeAsync(_folder);
        var key = child.Key;

        _folder.Edit("key-demo.yaml", "spec:\n", "spec:\n  state: Blocked\n");
        await child.UntilChatAsync("chat", HttpStatusCode.Unauthorized, "blocked_key", key);
        _folder.Edit("key-demo.yaml", "  state: Blocked\n", "");
        await child.UntilChatAsync("chat", HttpStatusCode.OK, key: key);
    }

    [Fact]
    public async Task A_rotation_that_is_asked_for_prints_a_new_key_while_the_old_one_is_still_taken()
    {
        await using var child = await OperatorChild.ServeAsync(_folder);
        var key = child.Key;

        _folder.Edit("key-demo.yaml", "  name: demo\n", "  name: demo\n  annotations:\n    llmgateway.dev/rotate: \"1\"\n");
        await child.UntilAsync(() => child.Key != key);

        (await child.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);
        (await child.ChatAsync("chat", key)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_lowered_budget_counts_what_was_spent_before()
    {
        await using var child = await OperatorChild.ServeAsync(_folder);
        (await child.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);

        _folder.Edit("budget-monthly.yaml", "25.00", "0.00001");

        await child.UntilChatAsync("chat", HttpStatusCode.TooManyRequests, "budget_exceeded");
        await child.UntilAsync(() => child.Output.Split('\n').Any(IsExceeded));
    }

    [Fact]
    public async Task A_broken_manifest_tells_every_finding_and_the_last_good_version_serves_until_it_is_mended()
    {
        _folder.AddRoute("edited", "good");
        await using var child = await OperatorChild.ServeAsync(_folder);

        _folder.Edit("route-edited.yaml", "provider: Simulated", "provider: Simulated\n      weight: -1\n      upstreamModle: x");
        _folder.Edit("route-edited.yaml", "text: good", "text: broken");
        await child.UntilSaidAsync(
            "route-edited.yaml:12: ModelRoute default/edited: spec.targets[0].weight: Invalid value: -1: must be at least 0");
        await child.UntilSaidAsync("route-edited.yaml:13: ModelRoute default/edited: spec.targets[0].upstreamModle: unknown field");
        await child.UntilChatAsync("edited", HttpStatusCode.OK, "good");
        await child.UntilChatAsync("chat", HttpStatusCode.OK);

        _folder.AddRoute("edited", "mended");
        await child.UntilChatAsync("edited", HttpStatusCode.OK, "mended");
    }

    [Fact]
    public async Task A_manifest_with_a_fault_that_no_schema_shows_keeps_its_last_valid_version_and_says_which()
    {
        _folder.AddRoute("edited", "good");
        await using var child = await OperatorChild.ServeAsync(_folder);

        _folder.Edit("route-edited.yaml", "provider: Simulated", "provider: Simulated\n      weight: 0");
        await child.UntilSaidAsync("ModelRoute default/edited: generation 1 stays in force");
        await child.UntilSaidAsync("route-edited.yaml:9: ModelRoute default/edited: spec.targets: ");
        await child.UntilChatAsync("edited", HttpStatusCode.OK, "good");
    }

    [Theory]
    [InlineData("spec: [")]
    [InlineData("")]
    [InlineData("kind: ModelRoute\napiVersion: llmgateway.dev/v1alpha1\n")]
    public async Task A_file_that_cannot_be_read_keeps_all_that_it_held(string text)
    {
        await using var child = await OperatorChild.ServeAsync(_folder);

        _folder.Write("route-chat.yaml", text);
        await child.UntilSaidAsync("route-chat.yaml:");

        (await child.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Deleted_manifests_revoke_what_they_gave()
    {
        await using var child = await OperatorChild.ServeAsync(_folder);
        var key = child.Key;

        _folder.Delete("route-resilient.yaml");
        await child.UntilChatAsync("resilient", HttpStatusCode.NotFound, "model_not_found", key);
        _folder.Delete("key-demo.yaml");
        await child.UntilChatAsync("chat", HttpStatusCode.Unauthorized, "invalid_api_key", key);

        await child.UntilAsync(() => child.Key != key);
        (await child.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static bool IsExceeded(string row) =>
        row.StartsWith("monthly", StringComparison.Ordinal)
        && row.Contains("0.00001 USD", StringComparison.Ordinal)
        && row.Split(" True").Length == 3;
}
