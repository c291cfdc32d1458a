using System.Collections.Immutable;
using Operator.Api;

namespace Operator.Children;

/// <summary>An object of a kind in <see cref="ChildKind.All"/> that is there.</summary>
internal sealed record ExistingChild(ChildKind Kind, ObjectMeta Metadata)
{
    public ChildId Id => new(Kind, Metadata.Name);
}

/// <summary>Which objects are a gateway's, and which of them go.</summary>
internal static class Pruning
{
    /// <summary>
    /// Children that are there and no longer wanted. Never an object of somebody else, nor the claim of a journal: it has no owner, because
    /// spend is on it. To be deleted under the precondition of their uid.
    /// </summary>
    public static ImmutableArray<ExistingChild> Unwanted(LlmGateway gateway, DesiredChildren desired, IEnumerable<ExistingChild> existing)
    {
        var wanted = desired.Objects.Select(o => o.Id).Concat(desired.Kept).ToHashSet();
        return
        [
            .. existing.Where(e =>
                IsControlled(gateway, e.Metadata) && e.Metadata.DeletionTimestamp is null && !wanted.Contains(e.Id)),
        ];
    }

    /// <summary>
    /// Wanted objects whose place somebody else's object has taken: to apply ours would take theirs over. An object of a former gateway of
    /// the same name counts as one until it is collected.
    /// </summary>
    public static ImmutableArray<ExistingChild> InTheWay(LlmGateway gateway, DesiredChildren desired, IEnumerable<ExistingChild> existing)
    {
        var wanted = desired.Objects.Select(o => o.Id).Concat(desired.Kept).ToHashSet();
        return [.. existing.Where(e => wanted.Contains(e.Id) && !IsOurs(gateway, e))];
    }

    private static bool IsOurs(LlmGateway gateway, ExistingChild child) => child.Kind == ChildKind.PersistentVolumeClaim
        ? child.Metadata.Labels.GetValueOrDefault(ChildLabels.ManagedBy) == ResourceGroup.Name
        : IsControlled(gateway, child.Metadata);

    /// <summary>Whether the object was made for this gateway, and not for a former one of its name.</summary>
    public static bool IsControlled(LlmGateway gateway, ObjectMeta metadata) =>
        metadata.OwnerReferences.Any(o => o.Controller == true && o.Uid == gateway.Metadata.Uid);
}
