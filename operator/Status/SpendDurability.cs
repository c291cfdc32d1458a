using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate;

namespace Operator.Status;

/// <summary>Whether what a gateway's pods count survives the loss of a pod.</summary>
internal static class SpendDurability
{
    /// <param name="spec">What the gateway asks for.</param>
    /// <param name="tiers">Where its pods say that they count; of those that have answered.</param>
    public static Judgement Of(LlmGatewaySpec spec, ImmutableArray<SpendTier> tiers) => spec switch
    {
        { Postgres: null, Storage.PersistentVolumeClaim: not null } => True("spend is kept in the journal on the claimed volume"),
        { Postgres: not null } when tiers.IsEmpty =>
            new(ConditionStatus.Unknown, ConditionReasons.Pending, "no pod has told yet where it counts"),
        { Postgres: not null } when !tiers.Contains(SpendTier.Embedded) => True("spend is kept in Postgres"),
        _ => new(ConditionStatus.False, ConditionReasons.EphemeralStorage, "spend is kept on a volume that goes with the pod"),
    };

    private static Judgement True(string message) => new(ConditionStatus.True, ConditionReasons.Durable, message);
}
