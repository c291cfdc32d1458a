using System.Collections.Immutable;
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
        var (setup, @operator, pods) = await StartAsync(receiver);
        await using var _ = setup;

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
        Pending(setup).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_alert_that_no_webhook_has_taken_is_sent_by_the_next_operator_with_the_same_id_and_never_again()
    {
        await using var receiver = await AlertReceiver.StartAsync();
        receiver.Answer = _ => 503;
        var (setup, first, pods) = await StartAsync(receiver);
        await using var _ = setup;
        pods[0].Process.Budgets = [Spent(setup, 8.5m)];
        await setup.WhenPassingAsync(
            () => receiver.Received.Length > 0 && Pending(setup).Length == 1 && setup.Events("monthly").Any());
        await first.DisposeAsync();
        var refused = receiver.Received[0];
        Pending(setup).ShouldBe([refused.Id]);
        var seen = receiver.Received.Length;
        receiver.Answer = _ => 204;

        var second = setup.StartOperator();
        await setup.WhenPassingAsync(() => receiver.Received.Length > seen && Pending(setup).IsEmpty);
        await second.DisposeAsync();
        var third = setup.StartOperator();
        await setup.PassAsync(third, 3, TimeSpan.FromMinutes(1));

        receiver.Received.Length.ShouldBe(seen + 1);
        receiver.Received[^1].ShouldSatisfyAllConditions(r => r.Id.ShouldBe(refused.Id), r => r.Body.ShouldBe(refused.Body));
        setup.Events("monthly").ShouldBe(["BudgetThresholdReached"]);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task An_operator_that_dies_as_it_writes_the_crossing_or_the_delivery_leaves_no_alert_untold(bool isDelivery, bool isDone)
    {
        await using var receiver = await AlertReceiver.StartAsync();
        var (setup, first, pods) = await StartAsync(receiver);
        await using var _ = setup;
        first.KillAt(
            c => c is { Verb: "patch", Resource: "budgets/status" } && c.Body.Contains(isDelivery ? "\"pendingAlerts\":null" : "\"pendingAlerts\":["), isDone);

        // An alert that is taken before the crossing is written never stands in a status.
        var opening = new TaskCompletionSource();
        receiver.Opens = opening.Task;
        pods[0].Process.Budgets = [Spent(setup, 10.5m)];
        await setup.WhenPassingAsync(() => first.IsDead || Pending(setup).Length == 1);
        opening.SetResult();
        await setup.WhenPassingAsync(() => first.IsDead);
        await first.DisposeAsync();

        var second = setup.StartOperator();
        await setup.WhenPassingAsync(() => !receiver.Received.IsEmpty && Pending(setup).IsEmpty && Exceeded(setup));
        await setup.PassAsync(second, 3, TimeSpan.FromMinutes(1));

        receiver.Received.Length.ShouldBeInRange(1, 2);
        receiver.Received.Select(r => r.Id).Distinct().ShouldHaveSingleItem();
        ((string?)JsonNode.Parse(receiver.Received[0].Body)!["type"]).ShouldBe("budget.exceeded");
    }

    [Fact]
    public async Task A_limit_that_is_reached_while_no_operator_runs_is_told_by_the_next()
    {
        await using var receiver = await AlertReceiver.StartAsync();
        var (setup, first, pods) = await StartAsync(receiver);
        await using var _ = setup;
        await setup.WhenAtRestAsync(first);
        await first.DisposeAsync();
        pods[0].Process.Budgets = [Spent(setup, 10.5m)];

        setup.StartOperator();
        await setup.WhenPassingAsync(() => receiver.Received.Length == 1 && Pending(setup).IsEmpty);

        ((string?)JsonNode.Parse(receiver.Received[0].Body)!["type"]).ShouldBe("budget.exceeded");
    }

    [Fact]
    public async Task Alerts_wait_for_the_key_of_the_webhook()
    {
        await using var receiver = await AlertReceiver.StartAsync();
        var (setup, _, pods) = await LineSetup.ReadyAsync();
        await using var __ = setup;
        setup.Patch("llmgateways", "main", Webhook(receiver.Url));
        setup.Create("budgets", Manifest.Budget("monthly"));
        await setup.WhenAsync(() => setup.Condition("budgets", "monthly", "Programmed") == "True Programmed");
        pods[0].Process.Budgets = [Spent(setup, 10.5m)];
        await setup.WhenPassingAsync(() => Pending(setup).Length == 1);
        receiver.Received.ShouldBeEmpty();

        setup.Create("secrets", Manifest.Secret("hook", "key", Key));
        await setup.WhenPassingAsync(() => receiver.Received.Length == 1 && Pending(setup).IsEmpty);
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

    /// <summary>A gateway with a webhook, a Budget that pods count, and an operator that has seen that nothing is spent yet.</summary>
    private static async Task<(LineSetup Setup, LineOperator Operator, LinePod[] Pods)> StartAsync(AlertReceiver receiver)
    {
        var (setup, @operator, pods) = await LineSetup.ReadyAsync();
        setup.Create("secrets", Manifest.Secret("hook", "key", Key));
        setup.Patch("llmgateways", "main", Webhook(receiver.Url));
        setup.Create("budgets", Manifest.Budget("monthly"));
        pods[0].Process.Budgets = [Spent(setup, 0)];
        await setup.WhenPassingAsync(() => setup.Condition("budgets", "monthly", "Exceeded") == "False WithinLimit");
        return (setup, @operator, pods);
    }

    /// <summary>Ids of what the status keeps for the webhook.</summary>
    private static ImmutableArray<string> Pending(LineSetup setup) =>
        [.. (setup.Find("budgets", "monthly")?["status"]?["pendingAlerts"] as JsonArray ?? []).Select(a => (string)a!["id"]!)];

    private static bool Exceeded(LineSetup setup) => setup.Condition("budgets", "monthly", "Exceeded") == "True LimitReached";

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
