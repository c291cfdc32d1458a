using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Support.Cluster;
using Support.FakeProviders;

namespace Integration.Tests.Standalone;

/// <summary>What is told of spend without a cluster: to a webhook, and to who asks <c>operator spend</c>.</summary>
public sealed class AlertTests : IDisposable
{
    private static readonly Dictionary<string, string> s_environment = new() { ["HOOK_KEY"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };

    private readonly StandaloneFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_crossing_reaches_the_webhook_even_after_a_restart_and_is_not_told_again()
    {
        var isOpen = false;
        await using var webhook = await FakeProvider.StartAsync(call => call.StartAsync(isOpen ? 204 : 503));
        _folder.Edit("gateway.yaml", "spec: {}", $$"""
            spec:
              alerts:
                webhook: {url: "{{webhook.Url}}/hook", secretRef: {name: hook, key: key} }
            """);
        _folder.Edit("budget-monthly.yaml", "  scope:", "  action: Warn\n  scope:");
        _folder.Edit("budget-monthly.yaml", "\"25.00\"", "\"0.00001\"");
        string id;
        await using (var first = await OperatorChild.ServeAsync(_folder, s_environment))
        {
            (await first.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);
            var refused = await webhook.NextCallAsync(TestContext.Current.CancellationToken);
            id = refused.Headers["webhook-id"];
            ((string?)refused.Json["type"]).ShouldBe("budget.exceeded");
        }

        var seen = webhook.Calls.Length;
        isOpen = true;
        await using (var second = await OperatorChild.ServeAsync(_folder, s_environment))
        {
            await second.UntilAsync(() => webhook.Calls.Length == seen + 1);
            webhook.Calls[^1].Headers["webhook-id"].ShouldBe(id);
            await second.UntilAsync(() => !File.ReadAllText(SpentFile).Contains("pendingAlerts", StringComparison.Ordinal));
        }

        // The next that it hears is of another limit.
        await using var third = await OperatorChild.ServeAsync(_folder, s_environment);
        _folder.Edit("budget-monthly.yaml", "\"0.00001\"", "\"0.0001\"");
        await third.UntilAsync(() => Row(third, "monthly").Contains("0.0001 USD") && Row(third, "monthly").Contains("False"));
        for (var i = 0; i < 3; i++)
            (await third.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);
        await third.UntilAsync(() => webhook.Calls.Length > seen + 1);
        webhook.Calls[seen + 1].Headers["webhook-id"].ShouldNotBe(id);
        ((string?)webhook.Calls[seen + 1].Json["data"]!["limit"]).ShouldBe("0.0001 USD");
    }

    [Fact]
    public async Task A_webhook_without_its_key_is_a_warning()
    {
        _folder.Edit("gateway.yaml", "spec: {}", """
            spec:
              alerts:
                webhook: {url: "https://hooks.example.com/budgets", secretRef: {name: hook, key: key}}
            """);
        await using var child = await OperatorChild.ServeAsync(_folder);

        await child.UntilSaidAsync("no alert is sent without it");
    }

    [Fact]
    public async Task The_spend_of_a_standalone_gateway_is_printed_while_it_is_served()
    {
        await using (var child = await OperatorChild.ServeAsync(_folder))
        {
            (await child.ChatAsync("chat")).Status.ShouldBe(HttpStatusCode.OK);
            var cost = await child.SpendAsync();

            var (exitCode, output, error) = await SpendAsync("-o", "json", "--group-by", "model,day", "--key", "demo");

            exitCode.ShouldBe(0, error);
            var report = JsonNode.Parse(output)!;
            ((decimal)report["total"]!["spend"]!).ShouldBe(cost);
            ((string?)report["results"]!.AsArray().ShouldHaveSingleItem()!["model"]).ShouldBe("chat");
        }

        var afterwards = await SpendAsync();
        afterwards.ExitCode.ShouldBe(1);
        afterwards.Error.ShouldContain("`make run`");
    }

    private string SpentFile => Path.Combine(_folder.State, "gateways", "default", "main", "spent.json");

    /// <summary>The newest in the table that begins so.</summary>
    private static string Row(OperatorChild child, string name) =>
        child.Output.Split('\n').LastOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal)) ?? "";

    private async Task<(int ExitCode, string Output, string Error)> SpendAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(InstalledCluster.ProgramOf("Operator"), ["spend", "--state", _folder.State, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await error);
    }
}
