using Operator.Api;
using Operator.Status;

namespace Operator.Tests.Status;

public sealed class StatusWritesTests
{
    private static readonly DateTimeOffset s_written = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly BudgetStatus s_spent = new()
    {
        Limit = "100 tokens",
        Period = new() { StartTime = s_written.AddHours(-12), EndTime = s_written.AddHours(12) },
        Spent = "70",
        Remaining = "30",
        UsedPercent = 70,
        UsageObservedTime = s_written,
        Conditions = [Condition(ConditionTypes.Exceeded, ConditionStatus.False)],
    };

    [Fact]
    public void Nothing_is_written_that_the_server_has()
    {
        StatusWrites.Due(Key(new()), Key(new()), s_written).ShouldBeNull();
        StatusWrites.Due(Route(new()), Route(new()), s_written).ShouldBeNull();
        StatusWrites.Due(Gateway(new()), Gateway(new()), s_written).ShouldBeNull();
        StatusWrites.Due(Budget(s_spent), Budget(s_spent), s_written).ShouldBeNull();
    }

    [Fact]
    public void A_difference_is_written_at_once()
    {
        StatusWrites.Due(Key(new()), Key(new() { KeyId = "x" }), s_written).ShouldBe(s_written);
        StatusWrites.Due(Route(new()), Route(new() { TargetCount = 2 }), s_written).ShouldBe(s_written);
        StatusWrites.Due(Gateway(new()), Gateway(new() { Replicas = 2 }), s_written).ShouldBe(s_written);
        StatusWrites.Due(Budget(null), Budget(s_spent), s_written).ShouldBe(s_written);
    }

    [Fact]
    public void That_a_budget_refuses_a_key_is_written_at_once()
    {
        var (before, after) = (Key(Refused(false)), Key(Refused(true)));

        StatusWrites.Due(before, after, s_written).ShouldBe(s_written);

        static VirtualKeyStatus Refused(bool exceeded) => new() { Budgets = [new() { Namespace = "default", Name = "b", Exceeded = exceeded }] };
    }

    [Fact]
    public void A_gateway_at_rest_whose_pods_acknowledge_again_is_not_written()
    {
        var config = new GatewayConfigStatus { Revision = 1, LastAckTime = s_written };

        StatusWrites.Due(
            Gateway(new() { Config = config }), Gateway(new() { Config = config with { LastAckTime = s_written.AddSeconds(30) } }), s_written)
            .ShouldBeNull();
    }

    [Theory]
    [InlineData("70", 70, 0, null)]
    [InlineData("70", 70, 3600, null)]
    [InlineData("71", 71, 1, 60)]
    [InlineData("70.5", 70, 1, 60)]
    [InlineData("71", 71, 59, 60)]
    [InlineData("71", 71, 61, 60)]
    [InlineData("80", 80, 1, 1)]
    [InlineData("79", 79, 1, 60)]
    [InlineData("100", 100, 1, 1)]
    [InlineData("40", 40, 1, 1)]
    [InlineData("71", 71, -30, -30)]
    public void Spend_waits_a_minute_unless_it_crosses_a_threshold(string spent, int percent, int seconds, int? dueSeconds)
    {
        var now = s_written.AddSeconds(seconds);
        var after = s_spent with { Spent = spent, Remaining = $"not {spent}", UsedPercent = percent, UsageObservedTime = now };
        if (spent == "70")
            after = after with { Remaining = s_spent.Remaining };

        StatusWrites.Due(Budget(s_spent), Budget(after), now).ShouldBe(dueSeconds is { } due ? s_written.AddSeconds(due) : null);
    }

    [Fact]
    public void From_one_threshold_to_the_next_spend_waits_again()
    {
        var before = s_spent with { UsedPercent = 100, Spent = "100" };

        StatusWrites.Due(Budget(before), Budget(before with { UsedPercent = 120, Spent = "120" }), s_written.AddSeconds(1))
            .ShouldBe(s_written.AddMinutes(1));
    }

    [Fact]
    public void A_new_period_counts_at_once_and_so_does_all_that_is_not_spend()
    {
        BudgetStatus[] others =
        [
            s_spent with { Spent = "71", Period = new() { StartTime = s_written, EndTime = s_written.AddDays(1) } },
            s_spent with { Spent = "71", ExceededKeys = 1 },
            s_spent with { Spent = "71", SelectedKeys = 1 },
            s_spent with { Spent = "71", Limit = "200 tokens" },
            s_spent with { Conditions = [Condition(ConditionTypes.Exceeded, ConditionStatus.True)] },
        ];

        others.Select(o => StatusWrites.Due(Budget(s_spent), Budget(o), s_written)).ShouldAllBe(due => due == s_written);
    }

    private static VirtualKey Key(VirtualKeyStatus status) => new() { Metadata = Metadata, Spec = null!, Status = status };

    private static ModelRoute Route(ModelRouteStatus status) => new() { Metadata = Metadata, Spec = null!, Status = status };

    private static LlmGateway Gateway(LlmGatewayStatus status) => new() { Metadata = Metadata, Spec = null!, Status = status };

    private static Budget Budget(BudgetStatus? status) => new()
    {
        Metadata = Metadata,
        Spec = new()
        {
            GatewayRef = new() { Name = "main" },
            Scope = new() { Gateway = new() },
            Limit = new() { Tokens = 100 },
            Period = global::Gateway.Contract.BudgetPeriod.Daily,
            WarnAtPercent = [50, 80],
        },
        Status = status,
    };

    private static ObjectMeta Metadata => new() { Name = "a", Namespace = "default" };

    private static Condition Condition(string type, ConditionStatus status) =>
        new() { Type = type, Status = status, Reason = "x", Message = "", LastTransitionTime = s_written };
}
