using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Children;

/// <summary>
/// Where a pod keeps its journal and its last good config. With a claim: one that is shared by all pods that follow one another in the
/// embedded tier, and outlives even its gateway, because the ledger is on it; with Postgres one for each pod, because several run at once.
/// </summary>
internal static class StateVolume
{
    public static PodVolume Of(LlmGateway gateway)
    {
        var storage = gateway.Spec.Storage;
        return new()
        {
            Name = "state",
            Path = PodVolumes.StatePath,
            IsWritable = true,
            Type = storage?.PersistentVolumeClaim is null ? "emptyDir" : IsShared(gateway) ? "persistentVolumeClaim" : "ephemeral",
            Source = storage?.PersistentVolumeClaim is { } claim
                ? IsShared(gateway) ? Claimed(gateway) : Ephemeral(gateway, claim)
                : new() { ["sizeLimit"] = (storage?.EmptyDir ?? new()).SizeLimit },
            Variables = ImmutableSortedDictionary<string, string>.Empty.Add(GatewayVariables.StateDirectory, PodVolumes.StatePath),
        };
    }

    /// <summary>The claim, where there is one for all pods.</summary>
    public static Child? ClaimOf(LlmGateway gateway) =>
        gateway.Spec.Storage?.PersistentVolumeClaim is { } claim && IsShared(gateway)
            ? ManifestJson.Child(
                gateway,
                new(ChildKind.PersistentVolumeClaim, ChildNames.State(gateway.Metadata.Name)),
                new() { ["spec"] = ClaimSpec(claim) },
                isOwned: false)
            : null;

    private static bool IsShared(LlmGateway gateway) => gateway.Spec.Postgres is null;

    private static JsonObject Claimed(LlmGateway gateway) => new() { ["claimName"] = ChildNames.State(gateway.Metadata.Name) };

    private static JsonObject Ephemeral(LlmGateway gateway, PersistentVolumeClaimSpec claim) => new()
    {
        ["volumeClaimTemplate"] = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = ChildLabels.Of(gateway.Metadata.Name) },
            ["spec"] = ClaimSpec(claim),
        },
    };

    private static JsonObject ClaimSpec(PersistentVolumeClaimSpec claim) => new()
    {
        ["accessModes"] = new JsonArray("ReadWriteOnce"),
        ["storageClassName"] = claim.StorageClassName,
        ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = claim.Size } },
    };
}
