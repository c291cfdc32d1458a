using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Status;
using Operator.Translate;
using Operator.Watch;

namespace Operator.Reconcile;

/// <summary>
/// Writes the statuses of one gateway's resources that differ from what the API server has, and knows what was computed last: a status that
/// waits to be written has been true since it was computed. A server that puts it off is not waited for: the round goes on, and the rest
/// is written in one that comes when the server has asked for it.
/// </summary>
internal sealed class StatusWriter(KubernetesClient client, ClusterView view, TimeProvider time)
{
    private const string FieldManager = "llm-gateway-operator-status";

    private readonly ServerPause _pause = new(time);

    private TranslateInputs? _gathered;

    /// <summary>What was computed last; null: nothing yet.</summary>
    public ResourceStatuses? Last { get; private set; }

    /// <summary>
    /// The resources with the statuses that were computed last. Of a route, the part of other gateways is the API server's.
    /// </summary>
    public TranslateInputs Recall(TranslateInputs inputs)
    {
        _gathered = inputs;
        if (Last is null)
            return inputs;
        var name = inputs.Gateway.Metadata.Name;
        var gateway = Last.Gateway;
        return inputs with
        {
            Gateway = gateway.Metadata.Uid == inputs.Gateway.Metadata.Uid ? inputs.Gateway with { Status = gateway.Status } : inputs.Gateway,
            Routes = Recall(inputs.Routes, Last.Routes, (live, last) => Recall(live, last, name)),
            Keys = Recall(inputs.Keys, Last.Keys, Recall),
            Budgets = Recall(inputs.Budgets, Last.Budgets, Recall),
        };
    }

    /// <summary>Until it is over; the rest differs still in the next round. What is written is worth telling.</summary>
    public async Task<StatusesWritten> WriteAsync(
        ResourceStatuses statuses, DateTimeOffset now, Func<bool> isOver, CancellationToken cancellation)
    {
        Last = statuses;
        if (_pause.Until is { } until)
            return new() { News = [], IsComplete = true, NextTime = until };
        var differing = Differing(statuses, now).ToLookup(w => w.Due <= now);
        var putOff = new ConcurrentQueue<ApiFailure>();
        var failures = new ConcurrentQueue<ApiFailure>();
        var news = new ConcurrentQueue<EventText>();
        var isComplete = await SideBySide.ForEachAsync(differing[true], WriteOneAsync, () => isOver() || !putOff.IsEmpty);
        return new()
        {
            News = [.. news],
            IsComplete = isComplete || !putOff.IsEmpty,
            Failure = failures.FirstOrDefault(),
            NextTime = _pause.Take(putOff) ?? differing[false].Min(w => (DateTimeOffset?)w.Due),
        };

        async Task WriteOneAsync(StatusWrite write)
        {
            if (await write.SendAsync(cancellation) is not { } failure)
                write.News().ToList().ForEach(n => news.Enqueue(TextOf(write.Object, n)));
            else if (failure.IsPutOff)
                putOff.Enqueue(failure);
            else if (failure.Reason != ApiFailureReason.NotFound)
                failures.Enqueue(failure);
        }
    }

    /// <summary>Objects mostly stand where they stood the last time; where some have come or gone they are looked for.</summary>
    private static ImmutableArray<T> Recall<T>(ImmutableArray<T> live, ImmutableArray<T> last, Func<T, T, T> recall)
        where T : KubernetesObject
    {
        Dictionary<string, T>? byUid = null;
        var recalled = ImmutableArray.CreateBuilder<T>(live.Length);
        for (var i = 0; i < live.Length; i++)
        {
            var uid = live[i].Metadata.Uid;
            var before = i < last.Length && last[i].Metadata.Uid == uid
                ? last[i]
                : (byUid ??= last.ToDictionary(o => o.Metadata.Uid, StringComparer.Ordinal)).GetValueOrDefault(uid);
            recalled.Add(before is null ? live[i] : recall(live[i], before));
        }

        return recalled.MoveToImmutable();
    }

    private static ModelRoute Recall(ModelRoute live, ModelRoute last, string gateway) =>
        last.Status is null || StatusEquality.Same(live.Status, last.Status)
            ? live
            : live with { Status = WithOwn(live.Status, last.Status, gateway) };

    private static VirtualKey Recall(VirtualKey live, VirtualKey last) =>
        last.Status is null || StatusEquality.Same(live.Status, last.Status) ? live : live with { Status = last.Status };

    private static Budget Recall(Budget live, Budget last) =>
        last.Status is null || StatusEquality.Same(live.Status, last.Status) ? live : live with { Status = last.Status };

    private static ModelRouteStatus WithOwn(ModelRouteStatus? live, ModelRouteStatus last, string gateway) => live is null
        ? last
        : live with { Gateways = [.. live.Gateways.Where(g => g.Name != gateway), .. last.Gateways.Where(g => g.Name == gateway)] };

    private IEnumerable<StatusWrite> Differing(ResourceStatuses statuses, DateTimeOffset now) =>
    [
        .. Differing(
            ResourceTypes.LlmGateways, view.Gateways, [statuses.Gateway], [], (a, b) => StatusWrites.Due(a, b, now),
            (a, b) => StatusPatch.Between(a, b.Status!), StatusNews.Of),
        .. Differing(
            ResourceTypes.ModelRoutes, view.Routes, statuses.Routes, _gathered?.Routes ?? [], (a, b) => StatusWrites.Due(a, b, now),
            (a, b) => StatusPatch.Between(a, b.Status!), StatusNews.Of),
        .. Differing(
            ResourceTypes.VirtualKeys, view.Keys, statuses.Keys, _gathered?.Keys ?? [], (a, b) => StatusWrites.Due(a, b, now),
            (a, b) => StatusPatch.Between(a, b.Status!), StatusNews.Of),
        .. Differing(
            ResourceTypes.Budgets, view.Budgets, statuses.Budgets, _gathered?.Budgets ?? [], (a, b) => StatusWrites.Due(a, b, now),
            (a, b) => StatusPatch.Between(a, b.Status!), StatusNews.Of),
    ];

    /// <summary>
    /// An object that is gone, was made anew since, or cannot be read any more, has no status to write; one that stands as it was gathered
    /// has it already.
    /// </summary>
    private IEnumerable<StatusWrite> Differing<T>(
        ResourceType<T> type,
        Informer<T> informer,
        ImmutableArray<T> objects,
        ImmutableArray<T> gathered,
        Func<T, T, DateTimeOffset?> due,
        Func<T, T, JsonObject> patch,
        Func<T, T, ImmutableArray<ObjectNews>> news)
        where T : KubernetesObject
    {
        var snapshot = informer.Snapshot;
        for (var i = 0; i < objects.Length; i++)
        {
            var after = objects[i];
            if (i < gathered.Length && ReferenceEquals(after, gathered[i]))
                continue;
            var key = ObjectKey.Of(after);
            if (snapshot.Find(key) is not { } before || ReferenceEquals(before, after) || before.Metadata.Uid != after.Metadata.Uid)
                continue;
            if (snapshot.Unreadable.ContainsKey(key) || due(before, after) is not { } time)
                continue;
            yield return new()
            {
                Object = after,
                Due = time,
                News = () => news(before, after),
                SendAsync = async cancellation =>
                {
                    var options = new PatchOptions { FieldManager = FieldManager, Subresource = "status" };
                    var outcome = await client.PatchAsync(type, key, patch(before, after), options, cancellation);
                    if (outcome.IsSuccess)
                        informer.Written(outcome.Value);
                    return outcome.Failure;
                },
            };
        }
    }

    private static EventText TextOf(KubernetesObject regarding, ObjectNews news) => new()
    {
        Regarding = regarding,
        Type = news.IsWarning ? EventType.Warning : EventType.Normal,
        Reason = news.Reason,
        Action = "Judge",
        Note = news.Note,
    };

    /// <summary>One status that differs.</summary>
    private sealed record StatusWrite
    {
        public required KubernetesObject Object { get; init; }

        public required DateTimeOffset Due { get; init; }

        public required Func<ImmutableArray<ObjectNews>> News { get; init; }

        public required Func<CancellationToken, Task<ApiFailure?>> SendAsync { get; init; }
    }
}

/// <summary>What became of the statuses of a round.</summary>
internal sealed record StatusesWritten
{
    /// <summary>What to tell.</summary>
    public required ImmutableArray<EventText> News { get; init; }

    /// <summary>False: some wait for the next round, which may come at once.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>One of the failures; null: there was none.</summary>
    public ApiFailure? Failure { get; init; }

    /// <summary>When the first of those is due that are held back; null: none is.</summary>
    public DateTimeOffset? NextTime { get; init; }
}
