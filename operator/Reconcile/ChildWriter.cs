using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;
using Operator.Watch;

namespace Operator.Reconcile;

/// <summary>
/// Makes the children of one gateway what they should be: applies what differs, deletes what is not wanted any more. What was applied, and
/// has not been touched since, is left alone.
/// </summary>
internal sealed class ChildWriter(KubernetesClient client, ClusterView view, TimeProvider time)
{
    private const string FieldManager = "llm-gateway-operator";

    private readonly Dictionary<ChildId, Applied> _applied = [];
    private readonly ServerPause _pause = new(time);
    private ChildrenWritten _last = ChildrenWritten.Nothing;

    /// <summary>
    /// Goes on after a failure, so that what one child lacks (a quota, a right) keeps no other from being made. While a pause lasts that
    /// the server has asked for, all stays as it was left.
    /// </summary>
    /// <param name="gateway">The owner.</param>
    /// <param name="desired">What there shall be.</param>
    /// <param name="held">A kind that stays as it is for now, but for <c>spec.replicas</c>; null: none.</param>
    /// <param name="cancellation">Ends it between two of them.</param>
    public async Task<ChildrenWritten> WriteAsync(
        LlmGateway gateway, DesiredChildren desired, ChildKind? held, CancellationToken cancellation)
    {
        if (_pause.Until is not null)
            return _last;
        var problems = ImmutableArray.CreateBuilder<string>();
        var failures = ImmutableArray.CreateBuilder<ApiFailure>();

        foreach (var child in desired.Objects)
        {
            // 1. What is there?
            var found = await FindAsync(child, cancellation);
            if (found.Failure is { } unread)
            {
                Fail(child.Id, unread);
                continue;
            }

            // 2. Somebody else's stays as it is.
            if (found.Value is { } there && !Pruning.InTheWay(gateway, desired, [new(child.Id.Kind, there)]).IsEmpty)
            {
                _applied.Remove(child.Id);
                problems.Add($"the {child.Id} is not of this gateway and is left untouched: rename or delete it");
                continue;
            }

            // 3. Ours becomes what it should be.
            var isHeld = child.Id.Kind == held;
            var text = isHeld ? ReplicasOf(child) : child.Body.GetRawText();
            if (found.Value is { } known ? _applied.TryGetValue(child.Id, out var applied) && applied.IsStill(text, known) : isHeld)
                continue;
            var outcome = isHeld ? await MergeAsync(child, text, cancellation) : await ApplyAsync(child, cancellation);
            if (outcome.IsSuccess)
                _applied[child.Id] = new(text, outcome.Value.Metadata);
            else
                Fail(child.Id, outcome.Failure);
        }

        // 4. What is not wanted any more goes.
        foreach (var unwanted in Pruning.Unwanted(gateway, desired, Existing(gateway)))
        {
            _applied.Remove(unwanted.Id);
            var key = new ObjectKey(gateway.Metadata.Namespace, unwanted.Metadata.Name);
            var options = new DeleteOptions { Uid = unwanted.Metadata.Uid };
            var failure = await client.DeleteAsync(TypeOf(unwanted.Kind), key, options, cancellation);
            if (failure is not null && failure.Reason is not (ApiFailureReason.NotFound or ApiFailureReason.Conflict))
                Fail(unwanted.Id, failure);
        }

        _pause.Take(failures);
        return _last = new() { Problems = problems.ToImmutable(), Failures = failures.ToImmutable() };

        void Fail(ChildId id, ApiFailure failure)
        {
            problems.Add($"the {id} cannot be written: {failure.Message}");
            failures.Add(failure);
        }
    }

    private Task<ApiOutcome<PartialObjectMetadata>> ApplyAsync(Child child, CancellationToken cancellation) => client.ApplyAsync(
        TypeOf(child.Id.Kind), JsonObject.Create(child.Body)!, new() { FieldManager = FieldManager, Force = true }, cancellation);

    private Task<ApiOutcome<PartialObjectMetadata>> MergeAsync(Child child, string patch, CancellationToken cancellation)
    {
        var key = new ObjectKey(child.Namespace, child.Id.Name);
        var body = JsonNode.Parse(patch)!.AsObject();
        return client.PatchAsync(TypeOf(child.Id.Kind), key, body, new() { FieldManager = FieldManager }, cancellation);
    }

    private static string ReplicasOf(Child child)
    {
        var replicas = child.Body.GetProperty("spec").GetProperty("replicas").GetInt32();
        return new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } }.ToJsonString();
    }

    /// <summary>By the watch; what no watch knows may still be there without our labels, and is asked for.</summary>
    private async Task<(ObjectMeta? Value, ApiFailure? Failure)> FindAsync(Child child, CancellationToken cancellation)
    {
        var key = new ObjectKey(child.Namespace, child.Id.Name);
        if (Watched(child.Id.Kind)?.Snapshot.Find(key) is { } known)
            return (known.Metadata, null);
        var live = await client.GetAsync(TypeOf(child.Id.Kind), key, cancellation);
        return live.FailedBy(ApiFailureReason.NotFound) ? (null, null) : (live.Value?.Metadata, live.Failure);
    }

    private IEnumerable<ExistingChild> Existing(LlmGateway gateway)
    {
        var (@namespace, secrets) = (gateway.Metadata.Namespace, view.Secrets.Snapshot);
        var others =
            from kind in ChildKind.All
            where kind != ChildKind.Secret && Watched(kind) is not null
            from child in Watched(kind)!.Snapshot.Objects.Values
            where child.Metadata.Namespace == @namespace
            select new ExistingChild(kind, child.Metadata);

        // Of thousands of Secrets only those can be ours that are called so.
        return ChildNames.Secrets(gateway.Metadata.Name)
            .Select(name => secrets.Find(new(@namespace, name)))
            .OfType<PartialObjectMetadata>()
            .Select(s => new ExistingChild(ChildKind.Secret, s.Metadata))
            .Concat(others);
    }

    private Informer<PartialObjectMetadata>? Watched(ChildKind kind) =>
        kind == ChildKind.Secret ? view.Secrets : view.Children.GetValueOrDefault(kind);

    private static ResourceType<PartialObjectMetadata> TypeOf(ChildKind kind) =>
        new() { ApiVersion = kind.ApiVersion, Plural = kind.Plural, IsMetadataOnly = true };

    /// <summary>What a child was made, and as what the server took it.</summary>
    private sealed record Applied(string Body, ObjectMeta As)
    {
        /// <summary>
        /// A kind that counts generations is untouched while its generation and metadata are the same; of another kind any new version may
        /// be a touch.
        /// </summary>
        public bool IsStill(string body, ObjectMeta now)
        {
            if (body != Body || now.Uid != As.Uid)
                return false;
            if (now.ResourceVersion == As.ResourceVersion || ResourceVersions.IsOlder(now.ResourceVersion, As.ResourceVersion))
                return true;
            return now.Generation > 0
                && now.Generation == As.Generation
                && now.DeletionTimestamp == As.DeletionTimestamp
                && Holds(now.Labels, As.Labels)
                && Holds(now.Annotations, As.Annotations)
                && now.OwnerReferences.SequenceEqual(As.OwnerReferences);
        }

        /// <summary>What was there is there; what others add is theirs.</summary>
        private static bool Holds(ImmutableSortedDictionary<string, string> now, ImmutableSortedDictionary<string, string> then) =>
            then.All(t => now.TryGetValue(t.Key, out var value) && value == t.Value);

        /// <summary>Nothing of the body: it may be secret.</summary>
        public override string ToString() => "Applied";
    }
}

/// <summary>What became of a gateway's children.</summary>
internal sealed record ChildrenWritten
{
    public static ChildrenWritten Nothing { get; } = new() { Problems = [], Failures = [] };

    /// <summary>What is not as it should be, each in a sentence.</summary>
    public required ImmutableArray<string> Problems { get; init; }

    /// <summary>Why; empty where trying again helps nobody.</summary>
    public required ImmutableArray<ApiFailure> Failures { get; init; }
}
