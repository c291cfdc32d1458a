using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;

namespace Operator.Watch;

/// <summary>
/// All that the operator keeps of the cluster, and the queue of gateways that must be looked at because some of it has changed. Of Secrets
/// and children only the metadata is kept.
/// </summary>
internal sealed class ClusterView
{
    /// <summary>Writes that follow one another are looked at together.</summary>
    private static readonly TimeSpan s_together = TimeSpan.FromMilliseconds(50);

    /// <summary>So long a change waits that is most likely a write of the line itself: mostly another round comes before, and looks at it.</summary>
    private static readonly TimeSpan s_unhurried = TimeSpan.FromSeconds(1);

    private static readonly string s_ours = $"{ChildLabels.ManagedBy}={ResourceGroup.Name}";

    private readonly KubernetesClient _client;
    private readonly InformerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<Func<CancellationToken, Task>> _running = [];
    private readonly List<Func<CancellationToken, Task>> _syncing = [];
    private readonly List<Func<bool>> _synced = [];
    private readonly List<Func<IEnumerable<ApiFailure>>> _failures = [];
    private volatile KnownUses? _uses;

    /// <param name="client">Of the API server.</param>
    /// <param name="options">
    /// The namespaces that are watched; where they are named, Namespaces themselves are not, because that needs a ClusterRole.
    /// </param>
    /// <param name="optionalKinds">Kinds of children that the cluster knows beside those of Kubernetes itself.</param>
    /// <param name="queue">Gets the gateways.</param>
    /// <param name="time">For pauses.</param>
    /// <param name="logger">Of the informers.</param>
    public ClusterView(
        KubernetesClient client,
        InformerOptions options,
        ImmutableArray<ChildKind> optionalKinds,
        WorkQueue<ObjectKey> queue,
        TimeProvider time,
        ILogger logger)
    {
        (_client, _options, _time, _logger) = (client, options, time, logger);
        Queue = queue;
        Gateways = Watch(ResourceTypes.LlmGateways, options, c => Add(Concerns.Of(c)));
        Routes = Watch(ResourceTypes.ModelRoutes, options, c => Add(Concerns.Of(c)));
        Keys = Watch(ResourceTypes.VirtualKeys, options, c => Add(Concerns.Of(c)));
        Budgets = Watch(ResourceTypes.Budgets, options, c => Add(Concerns.Of(c)));
        Secrets = Watch(ResourceTypes.Secrets.MetadataOnly() with { Keep = KeptMetadata.OfSecret }, options, SecretChanged);
        Pods = Watch(ResourceTypes.Pods, options with { LabelSelector = s_ours }, PodChanged);
        if (options.Namespaces.IsEmpty)
            Namespaces = Watch(ResourceTypes.Namespaces, options, c => Add(Concerns.Of(c, Gateways!.Snapshot.Objects.Keys)));
        Children = ChildKind.All
            .Where(k => k != ChildKind.Secret && k != ChildKind.HttpRoute && k != ChildKind.PodMonitor)
            .Concat(optionalKinds)
            .ToImmutableDictionary(
                k => k, k => Watch(MetadataOf(k), options with { LabelSelector = s_ours }, c => Add(Concerns.OfChild(c))));
    }

    /// <summary>Gateways that must be looked at.</summary>
    public WorkQueue<ObjectKey> Queue { get; }

    public Informer<LlmGateway> Gateways { get; }

    public Informer<ModelRoute> Routes { get; }

    public Informer<VirtualKey> Keys { get; }

    public Informer<Budget> Budgets { get; }

    /// <summary>Of the metadata of every Secret what <see cref="KeptMetadata"/> keeps.</summary>
    public Informer<PartialObjectMetadata> Secrets { get; }

    /// <summary>Pods of our gateways.</summary>
    public Informer<Pod> Pods { get; }

    /// <summary>Null where only some namespaces are watched.</summary>
    public Informer<Namespace>? Namespaces { get; }

    /// <summary>Metadata of our children but Secrets, by kind.</summary>
    public ImmutableDictionary<ChildKind, Informer<PartialObjectMetadata>> Children { get; }

    /// <summary>Objects of our kinds whose newest version cannot be read.</summary>
    public IEnumerable<UnreadableObject> Unreadable =>
    [
        .. Gateways.Snapshot.Unreadable.Values,
        .. Routes.Snapshot.Unreadable.Values,
        .. Keys.Snapshot.Unreadable.Values,
        .. Budgets.Snapshot.Unreadable.Values,
    ];

    /// <summary>Whether everything was listed once.</summary>
    public bool HasSynced => _synced.TrueForAll(synced => synced());

    /// <summary>What stands in the way of the watches now; empty where nothing does.</summary>
    public IEnumerable<ApiFailure> Failures => _failures.SelectMany(failures => failures());

    /// <summary>Keeps all of it until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(_running.Select(run => run(cancellation)));

    /// <summary>Ends when everything was listed once: before that, what is missing may only not have been seen yet.</summary>
    public Task WaitForSyncAsync(CancellationToken cancellation) => Task.WhenAll(_syncing.Select(sync => sync(cancellation)));

    private Informer<T> Watch<T>(ResourceType<T> type, InformerOptions options, Action<ObjectChange<T>> changed)
        where T : KubernetesObject
    {
        var isNamespaced = type.IsNamespaced;
        var informer = new Informer<T>(_client, type, isNamespaced ? options : options with { Namespaces = [] }, changed, _time, _logger);
        _running.Add(informer.RunAsync);
        _syncing.Add(informer.WaitForSyncAsync);
        _synced.Add(() => informer.HasSynced);
        _failures.Add(() => informer.Failures.Select(f => f.Failure));
        return informer;
    }

    private void Add(IEnumerable<ObjectKey> gateways)
    {
        foreach (var gateway in gateways)
            Queue.Add(gateway);
    }

    private void SecretChanged(ObjectChange<PartialObjectMetadata> change)
    {
        // A Secret that the operator itself keeps tells of its own write, or of an edit by hand: neither hurries.
        var makers = Concerns.OfChild(change).ToList();
        foreach (var gateway in makers)
            Queue.AddAfter(gateway, change is { Before: not null, After: not null } ? s_unhurried : s_together);

        // The Secret of a key, also if the key has another name for it by now.
        var owners = Concerns.KeysOf(change).Select(k => Keys.Snapshot.Find(k)).OfType<VirtualKey>().ToList();
        Add(owners.SelectMany(SecretUses.OfKey).Select(u => u.Gateway));

        // What is ours nobody else may use, as long as it is there.
        if (change.After is null || (makers.Count == 0 && owners.Count == 0))
            Add(Uses().Gateways[change.Key]);
    }

    private void PodChanged(ObjectChange<Pod> change)
    {
        if (Concerns.Of(change, Gateways.Snapshot.Objects.Values) is { } gateway)
            Queue.Add(gateway);
    }

    /// <summary>Computed anew when one of the three snapshots has changed: Secrets change far less often than they are looked at.</summary>
    private SecretUses Uses()
    {
        var (gateways, routes, keys) = (Gateways.Snapshot, Routes.Snapshot, Keys.Snapshot);
        if (_uses is { } known
            && ReferenceEquals(known.Gateways, gateways)
            && ReferenceEquals(known.Routes, routes)
            && ReferenceEquals(known.Keys, keys))
        {
            return known.Uses;
        }

        var uses = SecretUses.Of(gateways.Objects.Values, routes.Objects.Values, keys.Objects.Values);
        _uses = new(gateways, routes, keys, uses);
        return uses;
    }

    private static ResourceType<PartialObjectMetadata> MetadataOf(ChildKind kind) =>
        new() { ApiVersion = kind.ApiVersion, Plural = kind.Plural, IsMetadataOnly = true };

    /// <summary>The uses, and the snapshots that they were found in.</summary>
    private sealed record KnownUses(object Gateways, object Routes, object Keys, SecretUses Uses);
}
