using System.Text.Json.Nodes;
using Operator.Alerts;
using Operator.Tests.Alerts;

namespace Operator.Tests.Reconcile.Line;

public sealed class AlertTests
{
    private const string Key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Fact]
    public async Task A_threshold_and_then_the_limit_are_told_to_the_webhook_once_each()
    {
        await using var receiver = await AlertReceiver.StartAsync();
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        await using var _ = setup;
        setup.Create("secrets", Manifest.Secret("hook", "key", Key));
        setup.Patch("llmgateways", "main", Webhook(receiver.Url));
        setup.Create("budgets", Manifest.Budget("monthly"));
        await setup.WhenAsync(() => setup.Condition("budgets", "monthly", "Programmed") == "True Programmed");

        pods[0].Process.Budgets = [Spent(setup, 8.5m)];
        await setup.WhenPassingAsync(() => receiver.Received.Length == 1);
        pods[0].Process.Budgets = [Spent(setup, 10.5m)];
        await setup.WhenPassingAsync(() => receiver.Received.Length == 2);
        await setup.PassAsync(@operator, 3, TimeSpan.FromMinutes(1));

        receiver.Received.Length.ShouldBe(2);
        var (first, second) = (receiver.Received[0], receiver.Received[1]);
        first.Signature.ShouldBe(WebhookKey.Parse(Key)!.Sign(first.Id, first.Time, first.Body));
        var message = JsonNode.Parse(first.Body)!;
        ((string?)message["type"]).ShouldBe("budget.threshold_reached");
        ((string?)message["data"]!["gateway"]).ShouldBe($"{setup.Namespace}/main");
        ((string?)message["data"]!["budget"]).ShouldBe($"{setup.Namespace}/monthly");
        ((int?)message["data"]!["thresholdPercent"]).ShouldBe(80);
        ((int?)message["data"]!["usedPercent"]).ShouldBe(85);
        ((string?)JsonNode.Parse(second.Body)!["type"]).ShouldBe("budget.exceeded");
        second.Id.ShouldNotBe(first.Id);
    }

    [Fact]
    public async Task A_webhook_without_its_key_is_a_warning_and_the_gateway_serves()
    {
        var (setup, _, _) = await LineSetup.ReadyAsync();
        await using var __ = setup;

        setup.Patch("llmgateways", "main", Webhook(new("https://hooks.example.com/budgets")));

        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "ResolvedRefs") == "True SecretNotFound");
        setup.Message("llmgateways", "main", "ResolvedRefs").ShouldContain("no alert is sent without it");
        await setup.WhenReadyAsync();
        setup.Create("secrets", Manifest.Secret("hook", "key", "not such a key"));
        await setup.WhenAsync(() => setup.Condition("llmgateways", "main", "ResolvedRefs") == "True SecretValueInvalid");
    }

    private static Gateway.Contract.BudgetCounter Spent(LineSetup setup, decimal amount) =>
        new() { Budget = $"{setup.Namespace}/monthly", Limit = 10, Settled = amount, Reserved = 0, PeriodStart = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero) };

    private static JsonObject Webhook(Uri url) => Manifest.Spec(new()
    {
        ["alerts"] = new JsonObject
        {
            ["webhook"] = new JsonObject
            {
                ["url"] = url.ToString(),
                ["secretRef"] = new JsonObject { ["name"] = "hook", ["key"] = "key" },
            },
        },
    });
}
