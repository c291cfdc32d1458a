using Operator.Api;
using Operator.Translate;

namespace Operator.Status;

/// <summary>Whether what a gateway's pods count survives the loss of a pod.</summary>
internal static class SpendDurability
{
    public static Judgement Of(LlmGatewaySpec spec) => spec is { Postgres: null, Storage.PersistentVolumeClaim: not null }
        ? new(ConditionStatus.True, ConditionReasons.Durable, "spend is kept in the journal on the claimed volume")
        : new(ConditionStatus.False, ConditionReasons.EphemeralStorage, "spend is kept on a volume that goes with the pod");
}
