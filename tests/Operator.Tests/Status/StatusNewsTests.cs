using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Status;

namespace Operator.Tests.Status;

/// <summary>Conditions are written as <c>Type=Status Reason: message</c>, events as <c>Warning Reason: note</c>.</summary>
public sealed class StatusNewsTests
{
    private static readonly DateTimeOffset s_start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("", "Accepted=False Invalid: no", "Warning Invalid: no")]
    [InlineData("Accepted=True Accepted: ", "Accepted=False Conflict: older", "Warning Conflict: older")]
    [InlineData("Accepted=False Invalid: no", "Accepted=False Invalid: no", "")]
    [InlineData("Accepted=False Invalid: no", "Accepted=False Invalid: nor this", "Warning Invalid: nor this")]
    [InlineData("Accepted=False Invalid: no", "Accepted=True Accepted: ", "")]
    [InlineData("", "ResolvedRefs=False SecretNotFound: openai", "Warning SecretNotFound: openai")]
    [InlineData("", "ResolvedRefs=True ModelNotFound: x", "")]
    [InlineData("", "Accepted=True Questionable: x|ResolvedRefs=True NoKeysSelected: x", "")]
    [InlineData("", "Accepted=False Terminating: x|Programmed=False Terminating: x", "")]
    [InlineData("", "Accepted=Unknown GatewayInvalid: x|ResolvedRefs=Unknown GatewayInvalid: x", "")]
    [InlineData("", "Programmed=Unknown NoPods: x|Ready=Unknown NoPods: x", "")]
    [InlineData("", "Programmed=False Paused: x|Paused=True Paused: x", "")]
    [InlineData("", "Programmed=False Pending: x|Durable=False EphemeralStorage: x", "")]
    [InlineData("Programmed=True Programmed: x", "Programmed=False Rejected: pod-0: bad", "Warning Rejected: pod-0: bad")]
    [InlineData("", "Ready=False Rejected: a|Accepted=False Rejected: a|Programmed=False Rejected: b|Stalled=True Rejected: a", "Warning Rejected: a")]
    [InlineData("Accepted=False Rejected: a|Programmed=False Rejected: b", "Accepted=False Rejected: a|Programmed=False Rejected: c", "")]
    [InlineData("", "Accepted=False Invalid: a|ResolvedRefs=False SecretNotFound: b", "Warning Invalid: a|Warning SecretNotFound: b")]
    [InlineData("", "Expired=True Expired: since noon", "Normal KeyExpired: since noon")]
    [InlineData("Expired=True Expired: since noon", "Expired=True Expired: since noon", "")]
    [InlineData("", "BudgetExceeded=True BudgetExceeded: x", "")]
    public void A_mistake_is_told_once_and_what_waits_is_none(string before, string after, string expected) =>
        Text(StatusNews.Of(Key(before), Key(after))).ShouldBe(expected);

    [Theory]
    [InlineData("", "Available=False NoPods: x|Programmed=Unknown NoPods: x", "")]
    [InlineData("Available=True Available: ", "Available=False NoPods: no pod is ready", "Warning NoPods: no pod is ready")]
    [InlineData("ResolvedRefs=True ResolvedRefs: ", "ResolvedRefs=False SecretNotFound: tls", "Warning SecretNotFound: tls")]
    [InlineData("", "Programmed=True Programmed: since revision 1", "Normal Programmed: generation 1 is on every ready pod")]
    [InlineData("Programmed=True Programmed: since revision 1", "Programmed=True Programmed: since revision 2", "")]
    [InlineData("Programmed=True Programmed: ", "Programmed=False Pending: 2 of 3 pods serve it", "")]
    public void A_gateway_tells_of_its_rollout_and_of_the_loss_of_its_pods(string before, string after, string expected) =>
        Text(StatusNews.Of(Gateway(before), Gateway(after))).ShouldBe(expected);

    [Fact]
    public void A_gateway_tells_each_generation_that_is_programmed()
    {
        var before = Gateway("Programmed=True Programmed: ");
        var next = before.Status! with { Conditions = [before.Status.Conditions[0] with { ObservedGeneration = 2 }] };

        Text(StatusNews.Of(before, before with { Status = next })).ShouldBe("Normal Programmed: generation 2 is on every ready pod");
    }

    [Fact]
    public void A_route_tells_the_mistake_at_the_gateway_where_it_is_new()
    {
        var before = Route(("a", "Priced=False PriceUnknown: x"), ("b", "Priced=True Priced: "));
        var after = Route(("a", "Priced=False PriceUnknown: x"), ("b", "Priced=False PriceUnknown: x"));

        Text(StatusNews.Of(before, after)).ShouldBe("Warning PriceUnknown: b: x");
        Text(StatusNews.Of(Route(), Route(("a", "Accepted=False Conflict: older")))).ShouldBe("Warning Conflict: older");
    }

    [Theory]
    [InlineData(70, 79, "")]
    [InlineData(70, 80, "Warning BudgetThresholdReached: 80 % is reached: 80 of 100 tokens spent (80 %); counted anew from 2026-12-01T00:00:00Z on")]
    [InlineData(40, 95, "Warning BudgetThresholdReached: 80 % is reached: 95 of 100 tokens spent (95 %); counted anew from 2026-12-01T00:00:00Z on")]
    [InlineData(80, 95, "")]
    [InlineData(95, 70, "")]
    [InlineData(70, 104, "Warning BudgetExceeded: the limit is reached: 104 of 100 tokens spent (104 %); calls are refused until then")]
    [InlineData(104, 120, "")]
    [InlineData(104, 90, "")]
    public void Spend_tells_the_highest_threshold_that_it_has_crossed(int before, int after, string expected) =>
        Text(StatusNews.Of(Spent(before), Spent(after))).ShouldBe(expected);

    [Theory]
    [InlineData(104, 10, "Normal BudgetReset: a new period has begun: 10 of 100 tokens spent (10 %)")]
    [InlineData(90, 10, "")]
    [InlineData(90, 60, "Warning BudgetThresholdReached: 50 % is reached: 60 of 100 tokens spent (60 %); counted anew from 2027-01-01T00:00:00Z on")]
    [InlineData(104, 104, "Warning BudgetExceeded: the limit is reached: 104 of 100 tokens spent (104 %); calls are refused until then")]
    public void A_new_period_starts_from_nothing(int before, int after, string expected) =>
        Text(StatusNews.Of(Spent(before), Spent(after, months: 1))).ShouldBe(expected);

    [Fact]
    public void A_budget_seen_for_the_first_time_tells_where_it_stands()
    {
        Text(StatusNews.Of(Spent(0) with { Status = null }, Spent(104))).ShouldStartWith("Warning BudgetExceeded");
        Text(StatusNews.Of(Spent(0) with { Status = null }, Spent(0))).ShouldBeEmpty();
        Text(StatusNews.Of(Spent(0) with { Status = null }, Spent(0) with { Status = new() })).ShouldBeEmpty();
    }

    [Fact]
    public void A_budget_that_only_warns_says_that_no_call_is_refused()
    {
        var trial = Spent(70).Spec with { Enforcement = BudgetEnforcement.DryRun, Aggregation = BudgetAggregation.PerKey };

        Text(StatusNews.Of(Spent(70), Spent(104) with { Spec = trial })).ShouldBe(
            "Warning BudgetExceeded: the limit is reached: 104 of 100 tokens spent by the key that spent most (104 %); no call is refused;"
            + " counted anew from 2026-12-01T00:00:00Z on");
    }

    /// <summary>After a restart the first statuses are computed from what the server has.</summary>
    [Fact]
    public void What_the_server_has_already_is_no_news()
    {
        var key = Key("Accepted=False Invalid: no|Expired=True Expired: x");
        var gateway = Gateway("Available=False NoPods: x|Programmed=False Rejected: x");

        StatusNews.Of(key, key).ShouldBeEmpty();
        StatusNews.Of(gateway, gateway).ShouldBeEmpty();
        StatusNews.Of(Spent(104), Spent(104)).ShouldBeEmpty();
        StatusNews.Of(Spent(90), Spent(90)).ShouldBeEmpty();
    }

    private static string Text(ImmutableArray<ObjectNews> news) =>
        string.Join('|', news.Select(n => $"{(n.IsWarning ? "Warning" : "Normal")} {n.Reason}: {n.Note}"));

    private static VirtualKey Key(string conditions) =>
        new() { Metadata = Metadata, Spec = null!, Status = new() { Conditions = Conditions(conditions) } };

    private static LlmGateway Gateway(string conditions) =>
        new() { Metadata = Metadata, Spec = null!, Status = new() { Conditions = Conditions(conditions) } };

    private static ModelRoute Route(params (string Gateway, string Conditions)[] gateways) => new()
    {
        Metadata = Metadata,
        Spec = null!,
        Status = new() { Gateways = [.. gateways.Select(g => new RouteGatewayStatus { Name = g.Gateway, Conditions = Conditions(g.Conditions) })] },
    };

    private static Budget Spent(int percent, int months = 0) => new()
    {
        Metadata = Metadata,
        Spec = new()
        {
            GatewayRef = new() { Name = "main" },
            Scope = new() { Gateway = new() },
            Limit = new() { Tokens = 100 },
            Period = BudgetPeriod.Monthly,
            WarnAtPercent = [50, 80, 100],
        },
        Status = new()
        {
            Limit = "100 tokens",
            Spent = $"{percent}",
            UsedPercent = percent,
            Period = new() { StartTime = s_start.AddMonths(months), EndTime = s_start.AddMonths(months + 1) },
            Conditions = Conditions(percent < 100 ? "Exceeded=False WithinLimit: " : "Exceeded=True LimitReached: until then"),
        },
    };

    private static ImmutableArray<Condition> Conditions(string text) =>
        [.. text.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(Condition)];

    private static Condition Condition(string text)
    {
        var (head, message) = (text[..text.IndexOf(": ", StringComparison.Ordinal)], text[(text.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
        var words = head.Split('=', ' ');
        return new()
        {
            Type = words[0],
            Status = Enum.Parse<ConditionStatus>(words[1]),
            Reason = words[2],
            Message = message,
            ObservedGeneration = 1,
            LastTransitionTime = s_start,
        };
    }

    private static ObjectMeta Metadata => new() { Name = "a", Namespace = "default" };
}
