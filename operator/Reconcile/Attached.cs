using System.Collections.Immutable;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Translate;
using Operator.Watch;

namespace Operator.Reconcile;

/// <summary>The resources that name one LlmGateway.</summary>
internal sealed record Attached
{
    public required ImmutableArray<ModelRoute> Routes { get; init; }

    public required ImmutableArray<VirtualKey> Keys { get; init; }

    public required ImmutableArray<Budget> Budgets { get; init; }

    private (object Routes, object Keys, object Budgets) From { get; init; }

    /// <summary>As the watches know them now.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="view">All that is watched.</param>
    /// <param name="last">What it came to for this gateway the last time; null: never. Only spares work.</param>
    public static Attached To(ObjectKey gateway, ClusterView view, Attached? last = null)
    {
        var (routes, keys, budgets) = (view.Routes.Snapshot.Objects, view.Keys.Snapshot.Objects, view.Budgets.Snapshot.Objects);
        return new()
        {
            Routes = last?.From.Routes == routes ? last.Routes : [.. routes.Values.Where(r => IsFor(gateway, r))],
            Keys = last?.From.Keys == keys ? last.Keys : [.. keys.Values.Where(k => IsFor(gateway, k.Spec.GatewayRef, k))],
            Budgets = last?.From.Budgets == budgets ? last.Budgets : [.. budgets.Values.Where(b => IsFor(gateway, b.Spec.GatewayRef, b))],
            From = (routes, keys, budgets),
        };
    }

    /// <summary>
    /// And in place of those that cannot be read what was in force before this process, with the labels of now: neither a restart nor an
    /// operator that was rolled back takes from callers what they have.
    /// </summary>
    public Attached And(LastValidVersions lastValid, ClusterView view) => this with
    {
        Routes = Routes.AddRange(StandIns(lastValid.Routes, view.Routes.Snapshot)),
        Keys = Keys.AddRange(StandIns(lastValid.Keys, view.Keys.Snapshot)),
        Budgets = Budgets.AddRange(StandIns(lastValid.Budgets, view.Budgets.Snapshot)),
    };

    private static IEnumerable<T> StandIns<T>(ImmutableSortedDictionary<string, T> lastValid, ObjectSnapshot<T> known)
        where T : KubernetesObject =>
        from unreadable in known.Unreadable.Values
        where known.Find(unreadable.Key) is null
        let former = lastValid.GetValueOrDefault(unreadable.Key.ToString())
        where former?.Metadata.Uid == unreadable.Of.Metadata.Uid
        select former with { Metadata = unreadable.Of.Metadata with { Generation = former.Metadata.Generation } };

    /// <summary>A route lives beside its gateways.</summary>
    public static bool IsFor(ObjectKey gateway, ModelRoute route) =>
        route.Metadata.Namespace == gateway.Namespace && route.Spec.GatewayRefs.Any(r => r.Name == gateway.Name);

    /// <summary>Keys and budgets may come from elsewhere.</summary>
    public static bool IsFor(ObjectKey gateway, GatewayReference reference, KubernetesObject of) =>
        reference.Name == gateway.Name && (reference.Namespace ?? of.Metadata.Namespace) == gateway.Namespace;
}
