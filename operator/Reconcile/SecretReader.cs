using System.Collections.Concurrent;
using System.Collections.Immutable;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Watch;

namespace Operator.Reconcile;

/// <summary>
/// Reads the Secrets that one gateway and its routes name, and no others. A Secret is read when its metadata shows a version that has not
/// been read; nothing of it is kept longer than somebody names it.
/// </summary>
internal sealed class SecretReader(KubernetesClient client, Informer<PartialObjectMetadata> metadata, TimeProvider time)
{
    private readonly ServerPause _pause = new(time);
    private IReadOnlyDictionary<ObjectKey, Entry> _entries = ImmutableDictionary<ObjectKey, Entry>.Empty;

    /// <summary>The Secrets that are there. One that cannot be read is given as it was read last.</summary>
    public async Task<SecretsRead> ReadAsync(IEnumerable<ObjectKey> names, CancellationToken cancellation)
    {
        var known = metadata.Snapshot;
        var read = new ConcurrentDictionary<ObjectKey, Entry>();
        await SideBySide.ForEachAsync(
            names.Distinct(),
            async name => read[name] = await ReadAsync(name, known.Find(name)?.Metadata.ResourceVersion, cancellation));
        _entries = read;
        if (_pause.Until is null)
            _pause.Take(read.Values.Select(e => e.Failure).OfType<ApiFailure>());
        return new()
        {
            Secrets = [.. read.OrderBy(r => r.Key.ToString(), StringComparer.Ordinal).Select(r => r.Value.Secret).OfType<Secret>()],
            Failures = read.Where(r => r.Value.Failure is not null).ToImmutableDictionary(r => r.Key, r => r.Value.Failure!),
            Unknown = [.. read.Where(r => r.Value is { Failure: not null, Secret: null }).Select(r => r.Key)],
        };
    }

    /// <param name="name">Of the Secret.</param>
    /// <param name="seen">The version that its metadata shows; null: there is none, or it has not been seen yet.</param>
    /// <param name="cancellation">Ends it.</param>
    private async Task<Entry> ReadAsync(ObjectKey name, string? seen, CancellationToken cancellation)
    {
        var before = _entries.GetValueOrDefault(name);
        if (before is { Failure: null } && before.IsOf(seen))
            return before with { Seen = seen };
        if (before is { Failure.IsPutOff: true } && _pause.Until is not null)
            return before;
        var outcome = await client.GetAsync(ResourceTypes.Secrets, name, cancellation);
        if (outcome.IsSuccess)
            return new(seen, outcome.Value, null);
        return outcome.FailedBy(ApiFailureReason.NotFound) ? new(seen, null, null) : new(seen, before?.Secret, outcome.Failure);
    }

    /// <param name="Seen">The version that the metadata showed when it was read; null: none.</param>
    /// <param name="Secret">Null: it was not there, or has never been read.</param>
    /// <param name="Failure">Why the last attempt failed; null: it did not.</param>
    private sealed record Entry(string? Seen, Secret? Secret, ApiFailure? Failure)
    {
        /// <summary>
        /// One that is there while its metadata shows none is read again: the watch is behind, or has told both, that it came and went.
        /// </summary>
        public bool IsOf(string? version) => version is null
            ? Seen is null && Secret is null
            : version == Seen || version == Secret?.Metadata.ResourceVersion;

        /// <summary>Nothing of the Secret.</summary>
        public override string ToString() => $"Entry {Seen}";
    }
}

/// <summary>What was read.</summary>
internal sealed record SecretsRead
{
    /// <summary>Those that are there.</summary>
    public required ImmutableArray<Secret> Secrets { get; init; }

    /// <summary>Why some could not be read.</summary>
    public required ImmutableDictionary<ObjectKey, ApiFailure> Failures { get; init; }

    /// <summary>Those among <see cref="Failures"/> that have never been read, so that nothing stands in for them.</summary>
    public required ImmutableArray<ObjectKey> Unknown { get; init; }

    /// <summary>One of the unknown that may be there in a moment; null: none, or the operator has no right to them.</summary>
    public ObjectKey? Awaited =>
        Unknown.Where(u => Failures[u].Reason != ApiFailureReason.Forbidden).Select(u => (ObjectKey?)u).FirstOrDefault();

    /// <summary>Nothing of the Secrets.</summary>
    public override string ToString() => FormattableString.Invariant($"SecretsRead of {Secrets.Length}");
}
