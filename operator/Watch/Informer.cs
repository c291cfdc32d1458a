using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Operator.Api;
using Operator.Kubernetes;

namespace Operator.Watch;

/// <summary>The objects of a kind, of the whole cluster or of a few namespaces, kept as the server has them.</summary>
/// <typeparam name="T">The kind.</typeparam>
internal sealed class Informer<T>
    where T : KubernetesObject
{
    private readonly ObjectStore<T> _store = new();
    private readonly ImmutableArray<Reflector<T>> _reflectors;
    private readonly Action<ObjectChange<T>> _changed;
    private readonly Func<T, T>? _keep;

    /// <summary>
    /// Calls <paramref name="changed"/> for each change once the snapshot has it, from one thread per namespace. It puts keys into queues
    /// and must be quick: no event is read meanwhile.
    /// </summary>
    public Informer(
        KubernetesClient client,
        ResourceType<T> type,
        InformerOptions options,
        Action<ObjectChange<T>> changed,
        TimeProvider time,
        ILogger logger)
    {
        (_changed, _keep) = (changed, type.Keep);
        IEnumerable<string?> scopes = options.Namespaces.IsEmpty ? new string?[] { null } : options.Namespaces;
        _reflectors = [.. scopes.Select(n => new Reflector<T>(client, type, n, options, _store, changed, time, logger))];
    }

    /// <summary>The objects now. Before <see cref="HasSynced"/> some may be missing.</summary>
    public ObjectSnapshot<T> Snapshot => _store.Snapshot;

    /// <summary>Whether every namespace was listed once, and each of those objects told.</summary>
    public bool HasSynced => _reflectors.All(r => r.Synced.IsCompleted);

    /// <summary>What stands in the way now, by namespace (null: of all); empty where nothing does.</summary>
    public ImmutableArray<(string? Namespace, ApiFailure Failure)> Failures =>
        [.. _reflectors.Where(r => r.Failure is not null).Select(r => (r.Namespace, r.Failure!))];

    /// <summary>Lists and watches until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(_reflectors.Select(r => r.RunAsync(cancellation)));

    /// <summary>Ends when <see cref="HasSynced"/> is true.</summary>
    public Task WaitForSyncAsync(CancellationToken cancellation) =>
        Task.WhenAll(_reflectors.Select(r => r.Synced)).WaitAsync(cancellation);

    /// <summary>
    /// Takes the server's answer to a write of ours, so that whoever looks next does not act on what it was before. An object that is not
    /// known yet, or is gone, is left to the watch.
    /// </summary>
    public void Written(T value)
    {
        if (_store.SetWritten(_keep is null ? value : _keep(value)) is { } change)
            _changed(change);
    }
}
