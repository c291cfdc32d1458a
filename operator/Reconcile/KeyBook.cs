using System.Collections.Concurrent;
using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Status;
using Operator.Translate;
using Operator.Watch;

namespace Operator.Reconcile;

/// <summary>
/// What stands for each VirtualKey of one gateway. Thousands of keys rest while one changes, so a key's Secret is looked at only when the
/// key, its Secret, the clock or the gateway's word says so.
/// </summary>
/// <param name="secrets">Takes the steps.</param>
/// <param name="metadata">Tells when a Secret has changed.</param>
/// <param name="backoff">Between attempts at a Secret that the server does not give, or does not take.</param>
/// <param name="time">For rotations.</param>
internal sealed class KeyBook(KeySecrets secrets, Informer<PartialObjectMetadata> metadata, Backoff backoff, TimeProvider time)
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private ImmutableDictionary<string, KeyMaterial> _kept = ImmutableDictionary<string, KeyMaterial>.Empty;
    private KeysKnown _known = new();

    /// <summary>
    /// What a former process has left in the durable copy: it stands in for keys whose Secrets this one has not read yet, or cannot read,
    /// because neither a restart nor a server that does not answer revokes a key.
    /// </summary>
    public void Remember(ConfigSnapshot config) => _kept = config.Keys.ToImmutableDictionary(
        k => k.Object.Uid, k => new KeyMaterial { KeyId = k.KeyId, Hashes = k.Hashes });

    /// <summary>
    /// Brings the keys forward that are due, until it is over; the rest stays as it was, or is not there yet.
    /// </summary>
    /// <param name="keys">Those of the gateway; others are forgotten.</param>
    /// <param name="isAcknowledged">Whether every gateway pod that serves takes the key with this hash.</param>
    /// <param name="isOver">Whether the rest can wait for the next round.</param>
    /// <param name="cancellation">Leaves whatever was written.</param>
    public async Task<KeysKnown> AdvanceAsync(
        ImmutableArray<VirtualKey> keys, Func<string, bool> isAcknowledged, Func<bool> isOver, CancellationToken cancellation)
    {
        var (now, seen) = (time.GetUtcNow(), metadata.Snapshot);
        var due = new List<(VirtualKey Key, string? Seen)>();
        var found = 0;
        foreach (var key in keys)
        {
            var entry = _entries.GetValueOrDefault(key.Metadata.Uid);
            found += entry is null ? 0 : 1;
            if (entry is not null && !key.AsksTheSameAs(entry.Of))
                entry = null;
            var version = seen.Find(entry?.Secret ?? SecretOf(key))?.Metadata.ResourceVersion;
            if (entry is null || !entry.IsAtRest(version, now, isAcknowledged))
                due.Add((key, version));
            else if (entry.Seen != version)
                _entries[key.Metadata.Uid] = entry with { Seen = version };
        }

        var areGone = found < _entries.Count;
        if (areGone)
            Forget(keys);
        if (due.Count == 0 && !areGone)
            return _known = _known with { Events = [], IsComplete = true };
        var events = new ConcurrentQueue<EventText>();
        var stepped = new ConcurrentDictionary<string, Entry>(StringComparer.Ordinal);
        var isComplete = await SideBySide.ForEachAsync(due, StepAsync, isOver);
        foreach (var (uid, entry) in stepped)
            _entries[uid] = entry;

        return _known = Summary(keys, isComplete, [.. events]);

        async Task StepAsync((VirtualKey Key, string? Seen) item)
        {
            var outcome = await secrets.AdvanceAsync(item.Key, isAcknowledged, cancellation);
            if (outcome.Event is { } told)
                events.Enqueue(told);
            stepped[item.Key.Metadata.Uid] = Next(item.Key, item.Seen, outcome, now);
        }
    }

    private void Forget(ImmutableArray<VirtualKey> others)
    {
        var uids = others.Select(k => k.Metadata.Uid).ToHashSet(StringComparer.Ordinal);
        foreach (var uid in _entries.Keys.Where(u => !uids.Contains(u)).ToList())
            _entries.Remove(uid);
    }

    private static ObjectKey SecretOf(VirtualKey key) => new(key.Metadata.Namespace, KeyStatus.SecretOf(key).Name);

    private Entry Next(VirtualKey key, string? seen, KeyOutcome outcome, DateTimeOffset now)
    {
        var before = _entries.GetValueOrDefault(key.Metadata.Uid);
        var isKnown = outcome.Failure is null || outcome.Material is not null;
        var failures = outcome.Failure is null ? 0 : (before?.Failures ?? 0) + 1;
        return new()
        {
            Of = key,
            Id = before?.Id ?? key.Id(),
            Secret = SecretOf(key),
            Seen = seen,
            Written = outcome.SecretVersion,
            Material = Same(before?.Material, isKnown ? outcome.Material : before?.Material ?? StandIn(key)),
            Problem = outcome.Problem ?? Unreadable(key, outcome.Failure),
            Failure = outcome.Failure,
            Failures = failures,
            NextTime = outcome.Failure is { } failure ? now + Pause(failure, failures) : outcome.NextTime,
        };
    }

    private TimeSpan Pause(ApiFailure failure, int failures)
    {
        var pause = backoff.Delay(failures);
        return failure.RetryAfter is { } asked && asked > pause ? asked : pause;
    }

    /// <summary>As the durable copy and the status know it; null: they do not.</summary>
    private KeyMaterial? StandIn(VirtualKey key) => _kept.GetValueOrDefault(key.Metadata.Uid) is { } kept
        ? kept with
        {
            CreatedTime = key.Status?.LastRotationTime,
            NextRotationTime = key.Status?.NextRotationTime,
            ObservedRotateAnnotation = key.Status?.ObservedRotateAnnotation,
        }
        : null;

    /// <summary>The instance that others compare with, where nothing has changed.</summary>
    private static KeyMaterial? Same(KeyMaterial? before, KeyMaterial? after) =>
        before is not null && after is not null && before.Hashes.SequenceEqual(after.Hashes)
        && before == after with { Hashes = before.Hashes }
            ? before
            : after;

    private static KeyProblem? Unreadable(VirtualKey key, ApiFailure? failure) => failure is null
        ? null
        : new(
            ConditionReasons.SecretUnreadable,
            key.Spec.ValueFrom is null ? "spec.secret.name" : "spec.valueFrom.secretRef.name",
            $"the API server does not give or take the Secret `{KeyStatus.SecretOf(key).Name}`: {failure.Message}");

    private KeysKnown Summary(ImmutableArray<VirtualKey> keys, bool isComplete, ImmutableArray<EventText> events)
    {
        var material = new Dictionary<string, KeyMaterial>(keys.Length, StringComparer.Ordinal);
        var problems = new Dictionary<string, KeyProblem>(StringComparer.Ordinal);
        var (next, isRotating) = ((DateTimeOffset?)null, false);
        var (failure, awaited) = ((ApiFailure?)null, (AwaitedKey?)null);
        foreach (var key in keys)
        {
            var entry = _entries.GetValueOrDefault(key.Metadata.Uid);
            if ((entry is null ? StandIn(key) : entry.Material) is { } stands)
                material.Add(entry?.Id ?? key.Id(), stands);
            if (entry is null)
                continue;
            if (entry.Problem is { } problem)
                problems.Add(entry.Id, problem);
            if (!(next <= entry.NextTime))
                next = entry.NextTime ?? next;
            isRotating |= entry.IsRotating;
            failure ??= entry.Failure;
            awaited ??= entry.Awaited;
        }

        return new()
        {
            Material = Same(_known.Material, material),
            Problems = Same(_known.Problems, problems),
            Events = events,
            IsComplete = isComplete,
            NextTime = next,
            IsRotating = isRotating,
            Failure = failure,
            Awaited = awaited,
        };
    }

    /// <summary>Maps that say the same are the same: rebuilding them would make every round look like a change.</summary>
    private static ImmutableDictionary<string, T> Same<T>(ImmutableDictionary<string, T> before, Dictionary<string, T> now) =>
        before.SetItems(now).RemoveRange(before.Keys.Where(k => !now.ContainsKey(k)));

    /// <summary>One key as it was left.</summary>
    private sealed record Entry
    {
        public required VirtualKey Of { get; init; }

        public required string Id { get; init; }

        /// <summary>Where it stands.</summary>
        public required ObjectKey Secret { get; init; }

        /// <summary>The version that the Secret's metadata showed when it was looked at; null: none.</summary>
        public string? Seen { get; init; }

        /// <summary>The version that the Secret had afterwards; null: unknown, or there is none.</summary>
        public string? Written { get; init; }

        public KeyMaterial? Material { get; init; }

        public KeyProblem? Problem { get; init; }

        public ApiFailure? Failure { get; init; }

        /// <summary>So many attempts in a row have failed.</summary>
        public int Failures { get; init; }

        public DateTimeOffset? NextTime { get; init; }

        /// <summary>Whether another step would come to the same, as long as the key asks the same.</summary>
        public bool IsAtRest(string? version, DateTimeOffset now, Func<string, bool> isAcknowledged) =>
            !(NextTime <= now)
            && IsOf(version)
            && !(IsRotating && Material!.Hashes.All(h => isAcknowledged(h.Sha256)));

        /// <summary>A key and the next one, both without an end.</summary>
        public bool IsRotating => Material?.Hashes.Length > 1 && Material.Hashes.Count(h => h.ExpirationTime is null) > 1;

        /// <summary>Null: something is known of the key, or it is not worth waiting for.</summary>
        public AwaitedKey? Awaited => Material is null && Failure is { Reason: not ApiFailureReason.Forbidden } failure
            ? new(ObjectKey.Of(Of), failure)
            : null;

        /// <summary>The metadata may be behind what was written, and shows what it showed before then.</summary>
        private bool IsOf(string? version) =>
            version == Written || (version == Seen && (Failure is not null || ResourceVersions.IsOlder(Seen ?? "0", Written)));
    }
}

/// <summary>What stands for the keys of a gateway after a round.</summary>
internal sealed record KeysKnown
{
    /// <summary>By the id of the VirtualKey.</summary>
    public ImmutableDictionary<string, KeyMaterial> Material { get; init; } =
        ImmutableDictionary.Create<string, KeyMaterial>(StringComparer.Ordinal);

    /// <summary>What somebody must mend, by the id of the VirtualKey.</summary>
    public ImmutableDictionary<string, KeyProblem> Problems { get; init; } =
        ImmutableDictionary.Create<string, KeyProblem>(StringComparer.Ordinal);

    /// <summary>What to tell.</summary>
    public ImmutableArray<EventText> Events { get; init; } = [];

    /// <summary>False: some keys wait for the next round.</summary>
    public bool IsComplete { get; init; }

    /// <summary>When time alone asks for another round; null: never.</summary>
    public DateTimeOffset? NextTime { get; init; }

    /// <summary>Whether a next key waits to be acknowledged.</summary>
    public bool IsRotating { get; init; }

    /// <summary>One of the failures; null: there was none.</summary>
    public ApiFailure? Failure { get; init; }

    /// <summary>
    /// One whose Secret could not be read, of which nothing is known from before, and which may be there in a moment; null: there is none.
    /// </summary>
    public AwaitedKey? Awaited { get; init; }
}

/// <summary>A VirtualKey, and why its Secret could not be read.</summary>
internal sealed record AwaitedKey(ObjectKey Of, ApiFailure Failure);
