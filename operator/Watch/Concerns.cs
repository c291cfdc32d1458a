using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;

namespace Operator.Watch;

/// <summary>
/// Which gateways a change concerns. Pure. Both versions count: a route that leaves a gateway concerns it as much as the one it goes to.
/// </summary>
internal static class Concerns
{
    /// <summary>Itself; but not where only its status has changed, which is our own doing.</summary>
    public static IEnumerable<ObjectKey> Of(ObjectChange<LlmGateway> change) => IsOurDoing(change) ? [] : [change.Key];

    /// <summary>The gateways that a route names, in its own namespace.</summary>
    public static IEnumerable<ObjectKey> Of(ObjectChange<ModelRoute> change) => IsOurDoing(change)
        ? []
        : Versions(change).SelectMany(r => r.Spec.GatewayRefs.Select(g => new ObjectKey(r.Metadata.Namespace, g.Name))).Distinct();

    /// <summary>The gateway that a key names.</summary>
    public static IEnumerable<ObjectKey> Of(ObjectChange<VirtualKey> change) =>
        IsOurDoing(change) ? [] : Versions(change).Select(k => Named(k, k.Spec.GatewayRef)).Distinct();

    /// <summary>The gateway that a budget names.</summary>
    public static IEnumerable<ObjectKey> Of(ObjectChange<Budget> change) =>
        IsOurDoing(change) ? [] : Versions(change).Select(b => Named(b, b.Spec.GatewayRef)).Distinct();

    /// <summary>All of them, where the labels of a namespace change: it may be admitted or selected from now on, or no longer.</summary>
    public static IEnumerable<ObjectKey> Of(ObjectChange<Namespace> change, IEnumerable<ObjectKey> gateways) =>
        change is { Before: { } before, After: { } after } && before.Metadata.Labels.SequenceEqual(after.Metadata.Labels) ? [] : gateways;

    /// <summary>The gateway that made the object, or for which it was made.</summary>
    public static IEnumerable<ObjectKey> OfChild<T>(ObjectChange<T> change)
        where T : KubernetesObject =>
        Versions(change)
            .SelectMany(c => c.Metadata.OwnerReferences.Where(IsGateway).Select(o => new ObjectKey(c.Metadata.Namespace, o.Name)))
            .Distinct();

    /// <summary>The key that made the Secret, or for which it was made.</summary>
    public static IEnumerable<ObjectKey> KeysOf<T>(ObjectChange<T> secret)
        where T : KubernetesObject =>
        Versions(secret)
            .SelectMany(c => c.Metadata.OwnerReferences.Where(IsKey).Select(o => new ObjectKey(c.Metadata.Namespace, o.Name)))
            .Distinct();

    /// <summary>The gateway that a pod serves, by the labels that its template has; null where it is not one of ours.</summary>
    public static ObjectKey? Of(ObjectChange<Pod> change, IEnumerable<LlmGateway> gateways)
    {
        if (change is { Before: { } before, After: { } after } && IsSame(before, after))
            return null;
        var pod = change.After ?? change.Before!;
        var instance = pod.Metadata.Labels.GetValueOrDefault(ChildLabels.Instance);
        foreach (var gateway in gateways)
        {
            if (gateway.Metadata.Namespace == pod.Metadata.Namespace && ChildNames.Own(gateway.Metadata.Name) == instance)
                return ObjectKey.Of(gateway);
        }

        return null;
    }

    /// <summary>True where nothing that a user writes has changed.</summary>
    private static bool IsOurDoing<T>(ObjectChange<T> change)
        where T : KubernetesObject =>
        change is { Before: { } before, After: { } after } && !ReferenceEquals(before, after) && before.AsksTheSameAs(after);

    private static bool IsSame(Pod a, Pod b) =>
        a.Metadata.Uid == b.Metadata.Uid
        && a.Metadata.DeletionTimestamp == b.Metadata.DeletionTimestamp
        && a.Status.PodIp == b.Status.PodIp
        && a.Status.Phase == b.Status.Phase
        && a.IsReady == b.IsReady;

    private static IEnumerable<T> Versions<T>(ObjectChange<T> change)
        where T : KubernetesObject =>
        new[] { change.Before, change.After }.OfType<T>();

    private static ObjectKey Named(KubernetesObject of, GatewayReference gateway) =>
        new(gateway.Namespace ?? of.Metadata.Namespace, gateway.Name);

    private static bool IsGateway(OwnerReference owner) => owner is { Kind: nameof(LlmGateway), ApiVersion: ResourceGroup.ApiVersion };

    private static bool IsKey(OwnerReference owner) => owner is { Kind: nameof(VirtualKey), ApiVersion: ResourceGroup.ApiVersion };
}
