using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Keys;
using Operator.Kubernetes;
using Operator.Reconcile;
using Operator.Standalone.Manifests;
using Operator.Standalone.State;
using Operator.Status;
using Operator.Translate;

namespace Operator.Standalone;

/// <summary>Collects all that concerns one gateway, as a cluster's reconcile does from the API server.</summary>
internal sealed class Gatherer(KeyFiles keys, PriceTable prices, Func<string, string?> environment)
{
    /// <param name="store">What the folder says.</param>
    /// <param name="gateway">The gateway.</param>
    /// <param name="before">The statuses that the last reconcile gave; null before the first.</param>
    /// <param name="spent">Where budgets stood when a former run ended, for the first reconcile; by the budget's id.</param>
    /// <param name="served">The config that the gateway has acknowledged; null where it has none yet.</param>
    /// <param name="now">The moment.</param>
    public Gathered Gather(
        ManifestStore store,
        LlmGateway gateway,
        ResourceStatuses? before,
        ImmutableSortedDictionary<string, BudgetStatus> spent,
        ConfigSnapshot? served,
        DateTimeOffset now)
    {
        var key = ObjectKey.Of(gateway);
        var routes = store.All<ModelRoute>().Where(r => Attached.IsFor(key, r)).ToImmutableArray();
        var virtualKeys = store.All<VirtualKey>().Where(k => Attached.IsFor(key, k.Spec.GatewayRef, k)).ToImmutableArray();
        var budgets = store.All<Budget>().Where(b => Attached.IsFor(key, b.Spec.GatewayRef, b)).ToImmutableArray();
        var uses = routes.SelectMany(LocalSecrets.UsesOf).Concat(virtualKeys.SelectMany(LocalSecrets.UsesOf))
            .Concat(LocalSecrets.UsesOf(gateway));
        var secrets = LocalSecrets.Resolve(uses, store.All<Secret>(), environment);
        var taken = (served?.Keys ?? []).SelectMany(k => k.Hashes).Select(h => h.Sha256).ToHashSet(StringComparer.Ordinal);
        var made = virtualKeys
            .Where(k => k.Spec.ValueFrom is null)
            .Select(k => (Key: k, Stored: keys.Advance(k, now, taken.Contains)))
            .ToList();
        var brought = Brought(virtualKeys, secrets);
        return new()
        {
            PlainKeys = made.Select(m => KeyValuePair.Create(m.Key.Id(), m.Stored.Current.Text)).Concat(brought).ToImmutableDictionary(),
            Inputs = new()
            {
                Gateway = gateway with { Status = before?.Gateway.Status },
                Now = now,
                Routes = WithStatus(routes, before?.Routes ?? [], (r, b) => r with { Status = b.Status }),
                Keys = WithStatus(virtualKeys, before?.Keys ?? [], (k, b) => k with { Status = b.Status }),
                Budgets = before is null
                    ? [.. budgets.Select(b => b with { Status = spent.GetValueOrDefault(b.Id()) })]
                    : WithStatus(budgets, before.Budgets, (g, b) => g with { Status = b.Status }),
                Secrets = secrets,
                Namespaces = Namespaces(store, virtualKeys, budgets),
                KeyMaterial = made.Select(m => KeyValuePair.Create(m.Key.Id(), KeyMaterials.Of(m.Key, m.Stored)))
                    .Concat(brought.Select(b => KeyValuePair.Create(b.Key, KeyMaterials.OfBrought(b.Value))))
                    .ToImmutableDictionary(),
                Prices = prices,
                IsCluster = false,
                AllowLoopbackUpstreams = true,
            },
        };
    }

    private static ImmutableArray<T> WithStatus<T>(ImmutableArray<T> objects, ImmutableArray<T> before, Func<T, T, T> take)
        where T : KubernetesObject
    {
        var byId = before.ToDictionary(b => b.Id(), StringComparer.Ordinal);
        return [.. objects.Select(o => byId.TryGetValue(o.Id(), out var b) ? take(o, b) : o)];
    }

    /// <summary>A namespace that no manifest describes is there nevertheless, with the one label that a server gives it.</summary>
    private static ImmutableArray<Namespace> Namespaces(ManifestStore store, IEnumerable<VirtualKey> keys, IEnumerable<Budget> budgets)
    {
        var described = store.All<Namespace>();
        var others = keys.Select(k => k.Metadata.Namespace)
            .Concat(budgets.Select(b => b.Metadata.Namespace))
            .Distinct(StringComparer.Ordinal);
        return
        [
            .. described.Select(n => n with { Metadata = Labelled(n.Metadata) }),
            .. others.Where(o => described.All(d => d.Metadata.Name != o))
                .Select(o => new Namespace { Metadata = Labelled(new() { Name = o }) }),
        ];
    }

    private static ObjectMeta Labelled(ObjectMeta metadata) =>
        metadata with { Labels = metadata.Labels.SetItem("kubernetes.io/metadata.name", metadata.Name) };

    /// <summary>Keys that users made.</summary>
    private static Dictionary<string, string> Brought(IEnumerable<VirtualKey> virtualKeys, ImmutableArray<Secret> secrets)
    {
        var lookup = new SecretLookup(secrets);
        var brought = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in virtualKeys)
        {
            if (key.Spec.ValueFrom is { SecretRef: var at } && lookup.Find(key.Metadata.Namespace, at).Value is { } given)
                brought[key.Id()] = given;
        }

        return brought;
    }
}

/// <summary>What was gathered.</summary>
internal sealed record Gathered
{
    /// <summary>For the translation.</summary>
    public required TranslateInputs Inputs { get; init; }

    /// <summary>The keys themselves, by the id of their VirtualKey. For nobody but the user who started the process.</summary>
    public required IReadOnlyDictionary<string, string> PlainKeys { get; init; }

    /// <summary>Nothing of the keys.</summary>
    public override string ToString() => $"Gathered {Inputs.Gateway.Id()}";
}
