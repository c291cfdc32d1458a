using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Push;
using Operator.Reconcile;
using Operator.Status;

namespace Operator.Tests.Reconcile;

public sealed class SharedCountersTests
{
    private static readonly LlmGatewaySpec s_embedded = new();
    private static readonly LlmGatewaySpec s_postgres = new() { Postgres = new() { SecretRef = new() { Name = "db", Key = "uri" } } };

    [Fact]
    public void What_each_pod_counts_for_itself_adds_up()
    {
        Settled(Told(SpendTier.Embedded, 3), Told(SpendTier.Embedded, 4)).ShouldBe(7);
    }

    [Fact]
    public void What_all_pods_count_together_is_told_once_by_whoever_has_seen_most()
    {
        Settled(Told(SpendTier.Redis, 3), Told(SpendTier.Redis, 4)).ShouldBe(4);
    }

    [Fact]
    public void A_pod_from_before_the_database_counts_beside_those_that_share_it()
    {
        Settled(Told(SpendTier.Embedded, 1), Told(SpendTier.Postgres, 3), Told(SpendTier.Postgres, 4)).ShouldBe(5);
    }

    [Fact]
    public void A_pod_that_has_not_answered_tells_nothing()
    {
        Settled(new PodState { Pod = Pod() }, Told(SpendTier.Postgres, 3)).ShouldBe(3);
    }

    [Fact]
    public void A_pod_that_has_not_read_the_database_yet_tells_no_zero()
    {
        var fresh = Told(SpendTier.Postgres, 0);
        fresh = fresh with { Status = fresh.Status! with { UnreadBudgets = ["team/monthly"] } };

        PodReports.Counters([fresh]).ShouldBeEmpty();
        PodReports.Unread([fresh]).ShouldBe(["team/monthly"]);
        Settled(fresh, Told(SpendTier.Postgres, 3)).ShouldBe(3);
        PodReports.Unread([fresh, Told(SpendTier.Postgres, 3)]).ShouldBeEmpty();
        PodReports.Unread([]).ShouldBeEmpty();
    }

    [Fact]
    public void Spend_in_Postgres_is_durable_once_every_pod_that_has_told_counts_there()
    {
        Durable(s_postgres, SpendTier.Redis, SpendTier.Redis).ShouldBe((ConditionStatus.True, ConditionReasons.Durable));
        Durable(s_postgres, SpendTier.Embedded, SpendTier.Postgres).ShouldBe((ConditionStatus.False, ConditionReasons.EphemeralStorage));
        Durable(s_postgres).ShouldBe((ConditionStatus.Unknown, ConditionReasons.Pending));
        Durable(s_embedded, SpendTier.Embedded).ShouldBe((ConditionStatus.False, ConditionReasons.EphemeralStorage));
    }

    private static (ConditionStatus, string) Durable(LlmGatewaySpec spec, params ImmutableArray<SpendTier> tiers)
    {
        var judgement = SpendDurability.Of(spec, tiers);
        return (judgement.Status, judgement.Reason);
    }

    private static decimal Settled(params ImmutableArray<PodState> pods) => PodReports.Counters(pods).ShouldHaveSingleItem().Settled;

    private static PodState Told(SpendTier tier, decimal settled) => new()
    {
        Pod = Pod(),
        Status = new()
        {
            SchemaVersions = [1],
            Uid = "u",
            Revision = 1,
            Hash = "h",
            Ready = true,
            Tier = tier,
            Budgets = [new() { Budget = "team/monthly", Limit = 10, Settled = settled, Reserved = 0 }],
        },
    };

    private static PodEndpoint Pod() => new() { Name = "pod", Address = new("https://127.0.0.1:4001") };
}
