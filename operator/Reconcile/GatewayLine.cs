using System.Collections.Immutable;
using Gateway.Contract;
using Microsoft.Extensions.Logging;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;
using Operator.Push;
using Operator.Status;
using Operator.Translate;
using Operator.Watch;

namespace Operator.Reconcile;

/// <summary>
/// The reconcile line of one LlmGateway in a cluster, read top to bottom. Each round looks at all there is and does what is missing, so it
/// may end, or be killed, anywhere: the next one goes on.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Recall what a former process has left in the durable copy; once.</item>
/// <item>Gather what the watches know: routes, keys, budgets, pods.</item>
/// <item>Read the Secrets that they name.</item>
/// <item>Bring the keys forward: their Secrets stand before any gateway hears of them.</item>
/// <item>Translate, stamp, offer to one pod, publish to all.</item>
/// <item>Keep the config that is in force for pods that start while nobody pushes.</item>
/// <item>Children: apply, prune. After the push, so that a block never waits for them, and first pods find the config in place.</item>
/// <item>Status, of whatever differs.</item>
/// <item>Events, and alerts that no webhook has taken yet.</item>
/// <item>When again.</item>
/// </list>
/// One instance is used by one caller at a time.
/// </remarks>
internal sealed partial class GatewayLine : IAsyncDisposable
{
    /// <summary>
    /// How long keys, and then statuses, may keep the rest of the line waiting: of thousands some wait for the next round.
    /// </summary>
    private static readonly TimeSpan s_share = TimeSpan.FromSeconds(1);

    /// <summary>
    /// So long after the start a Secret that cannot be read holds back the first push, which would take from pods what they have. Not one
    /// that the operator has no right to read: waiting gives none.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Whatever no watch tells, drift above all, is found after this time.</summary>
    private static readonly TimeSpan s_resync = TimeSpan.FromMinutes(10);

    /// <summary>So long the answers of some pods wait for those of the others, to be looked at together.</summary>
    private static readonly TimeSpan s_together = TimeSpan.FromMilliseconds(300);

    /// <summary>How soon whoever waits for its turn, or for its last pods to go, looks again.</summary>
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(5);

    private readonly ClusterServices _services;
    private readonly ILogger _logger;
    private readonly DateTimeOffset _start;
    private readonly SecretReader _secrets;
    private readonly KeyBook _keys;
    private readonly AdminDoor _door;
    private readonly ConfigPublisher _publisher;
    private readonly ConfigIndex _index;
    private readonly DurableCopy _durable;
    private readonly ServerPause _keepPause;
    private readonly ChildWriter _children;
    private readonly StatusWriter _statuses;
    private readonly BudgetAlerts _alerts;
    private readonly RolloutTurn _turn;
    private readonly Acknowledgements _acknowledgements = new();
    private readonly LostRecords _lost = new();
    private LlmGateway _last;
    private Attached? _attached;
    private GatewayReconciler? _reconciler;
    private ChildrenWritten _written = ChildrenWritten.Nothing;
    private DurableWrite? _kept;
    private bool _isNew;
    private bool _hasPublished;
    private string? _refusal;
    private long _revision;
    private long _changed;
    private int _failures;

    public GatewayLine(LlmGateway gateway, ClusterServices services)
    {
        _last = gateway;
        _services = services;
        _logger = services.Loggers.CreateLogger<GatewayLine>();
        _start = services.Time.GetUtcNow();
        _secrets = new(services.Client, services.View.Secrets, services.Time);
        _keys = new(new KeySecrets(services.Client, services.Time), services.View.Secrets, services.Publisher.Backoff, services.Time);
        _door = new(gateway, services.Publisher.Timeout, services.Time);
        var own = ObjectKey.Of(gateway);
        _publisher = new(
            _door.Client,
            services.Publisher,
            services.Time,
            services.Loggers.CreateLogger<ConfigPublisher>(),
            isSettled => services.View.Queue.AddAfter(own, isSettled ? TimeSpan.Zero : s_together));
        _index = new(services.Client, gateway);
        _durable = new(services.Client, _index, gateway);
        _keepPause = new(services.Time);
        _children = new(services.Client, services.View, services.Time);
        _statuses = new(services.Client, services.View, services.Time);
        _alerts = new(services.Alert, () => services.View.Queue.Add(own));
        _turn = new(services.Rollouts, own);
    }

    /// <summary>Of the LlmGateway that it was made for; one that was made anew gets a line of its own.</summary>
    public string Uid => _last.Metadata.Uid;

    /// <summary>Whether there is nobody left to push to.</summary>
    public bool HasNoPods => Pods(_last).Endpoints.IsEmpty;

    public async ValueTask DisposeAsync()
    {
        _turn.End();
        await _publisher.DisposeAsync();
        _door.Dispose();
    }

    /// <summary>One round.</summary>
    /// <param name="current">
    /// The LlmGateway; null: it is gone, and what its pods serve until they are gone too is still to be told them.
    /// </param>
    /// <param name="cancellation">Ends it wherever it is.</param>
    public async Task<LineResult> ReconcileAsync(LlmGateway? current, CancellationToken cancellation)
    {
        var gateway = _last = current ?? Gone(_last, _services.Time.GetUtcNow());

        var (key, began) = (ObjectKey.Of(gateway), _services.Time.GetTimestamp());

        // 1. Recall.
        if (_reconciler is null && await RecallAsync(cancellation) is { } unread)
            return Retry("the durable copy cannot be read", unread);

        // 2. Gather.
        var now = _services.Time.GetUtcNow();
        _attached = Attached.To(key, _services.View, _attached);
        var attached = _attached.And(_reconciler!.LastValid, _services.View);
        var pods = Pods(gateway);
        await _publisher.SetPodsAsync(pods.Endpoints);

        // 3. Secrets.
        var secrets = await _secrets.ReadAsync(SecretNames(gateway, attached), cancellation);
        if (IsStarting(now) && secrets.Awaited is { } awaited)
            return Retry($"the Secret {awaited} cannot be read", secrets.Failures[awaited]);
        _door.Know(secrets.Secrets, now);

        // 4. Keys.
        var keys = await _keys.AdvanceAsync(attached.Keys, _acknowledgements.Has, Share(), cancellation);
        Tell(keys.Events);
        if (IsStarting(now) && keys.Awaited is { } awaitedKey)
            return Retry($"the Secret of the VirtualKey {awaitedKey.Of} cannot be read", awaitedKey.Failure);

        // 5. Publish.
        var inputs = _statuses.Recall(Inputs(gateway, attached, secrets, keys, now));
        var outcome = await PublishAsync(inputs, cancellation);
        _hasPublished |= outcome.Config is not null;
        var states = _publisher.Pods;
        Count(key, outcome, states, began);

        // 6. Keep.
        var isLeaving = gateway.Metadata.DeletionTimestamp is not null;
        if (!isLeaving)
            _kept = await KeepAsync(outcome, cancellation) ?? _kept;

        // 7. Children.
        var desired = isLeaving || gateway.IsPaused() ? null : Desired(outcome, secrets, pods);
        var keepsPods = KeepsPods(outcome, pods);
        var first = desired is null || keepsPods ? null : _turn.WaitsFor(desired, pods.All);
        if (desired is null || keepsPods)
            _turn.End();
        ChildKind? held = keepsPods || first is not null ? ChildKind.Deployment : null;
        if (desired is not null)
            _written = await _children.WriteAsync(gateway, desired, held, cancellation);

        // 8. Status.
        var statuses = current is null ? MissingGateway.Of(outcome.Inputs) : ResourceStatuses.Of(
            new()
            {
                Inputs = outcome.Inputs,
                Translation = outcome.Translation,
                Config = outcome.Config?.Snapshot,
                Pods = pods.Reports(states, outcome.Config),
                Counters = PodReports.Counters(states),
                UnreadBudgets = PodReports.Unread(states),
                CountersTime = states.Any(s => s.Status is not null) ? ApiTime.Seconds(now) : null,
                Url = GatewayUrl.Of(gateway),
                Selector = ChildLabels.SelectorText(gateway.Metadata.Name),
                ChildProblems = ChildProblems(desired, first, keepsPods),
                SettledAlerts = _alerts.Settled,
                Durable = SpendDurability.Of(gateway.Spec, [.. states.Select(s => s.Status?.Tier).OfType<SpendTier>()]),
                Now = now,
            },
            _statuses.Last);
        var status = await _statuses.WriteAsync(statuses, now, Share(), cancellation);

        // 9. Events.
        var acknowledged = _acknowledgements.Take(gateway, outcome.Config, states);
        Tell([.. status.News, .. acknowledged.News, .. _lost.Take(gateway, states)]);
        _alerts.Send(
            outcome.Translation.LastValid.Gateway, secrets.Secrets, statuses.Budgets.SelectMany(b => b.Status!.PendingAlerts ?? []));
        if (acknowledged.IsNew)
            _services.Metrics.Propagated(key, _services.Time.GetElapsedTime(_changed));

        // 10. When again.
        var isCut = (!keys.IsComplete && keys.Failure is null) || (!status.IsComplete && status.Failure is null);
        if (Obstacle(secrets, keys, status) is { } obstacle)
            return isCut ? new LineResult.Partly(obstacle, TimeSpan.Zero) : Partly(obstacle);
        _failures = 0;
        if (isCut || (acknowledged.IsNew && keys.IsRotating))
            return new LineResult.Done(TimeSpan.Zero);
        if (outcome.Config is null && current is not null)
            return new LineResult.Terminal("the LlmGateway is not valid and has never been");
        var look = now + (first is null && current is not null ? s_resync : s_turn);
        DateTimeOffset?[] times = [outcome.Translation.NextChange, keys.NextTime, status.NextTime, look];
        return new LineResult.Done(Until(times.Min()!.Value));
    }

    private GatewayPods Pods(LlmGateway gateway) => GatewayPods.Of(ObjectKey.Of(gateway), _services.View.Pods.Snapshot.Objects.Values);

    private async Task<ApiFailure?> RecallAsync(CancellationToken cancellation)
    {
        var read = await _durable.ReadAsync(cancellation);
        if (read is DurableRead.Failed { Failure: var failure })
            return failure;
        if (read is DurableRead.Damaged { Problem: var problem })
            LogDamaged(Uid, problem);
        _isNew = read is DurableRead.Missing;
        var found = read as DurableRead.Found;
        if (found is not null)
        {
            _keys.Remember(found.Config);
            _acknowledgements.Recall(found.Config);
        }

        var revisions = new ClusterRevisions(_index, _services.IsLeader, _services.ConfirmLeadAsync);
        _reconciler = new(revisions, _publisher, found?.LastValid ?? LastValidVersions.Empty);
        return null;
    }

    /// <summary>
    /// Where nothing was ever in force, and a rule forbids to count, nobody would be told why: so the line goes on without a config.
    /// </summary>
    private async Task<ReconcileOutcome> PublishAsync(TranslateInputs inputs, CancellationToken cancellation)
    {
        _refusal = null;
        try
        {
            return await _reconciler!.ReconcileAsync(inputs, cancellation);
        }
        catch (NotReservedException e) when (e.IsByRule && _isNew && !_hasPublished)
        {
            _refusal = e.Message;
            return new() { Inputs = inputs, Translation = Translator.Translate(inputs) };
        }
    }

    private void Count(ObjectKey key, ReconcileOutcome outcome, ImmutableArray<PodState> states, long began)
    {
        _services.Metrics.PodsChanged(key, states, outcome.Config);
        if (outcome.Config is not { } config || config.Revision == _revision)
            return;
        (_revision, _changed) = (config.Revision, began);
        _services.Metrics.ConfigPublished(key, config.Revision, outcome.Inputs.Refused.Length);
    }

    private static IEnumerable<ObjectKey> SecretNames(LlmGateway gateway, Attached attached) =>
        SecretUses.OfGateway(gateway).Select(u => u.Secret)
            .Concat(attached.Routes.SelectMany(SecretUses.OfRoute).Select(u => u.Secret))
            .Concat(attached.Keys.Where(k => k.Spec.ValueFrom is not null).SelectMany(SecretUses.OfKey).Select(u => u.Secret))
            .Append(AdminName(gateway));

    private TranslateInputs Inputs(LlmGateway gateway, Attached attached, SecretsRead secrets, KeysKnown keys, DateTimeOffset now) => new()
    {
        Gateway = gateway,
        Now = now,
        Routes = attached.Routes,
        Keys = attached.Keys,
        Budgets = attached.Budgets,
        Secrets = secrets.Secrets,
        UnreadableSecrets = secrets.Unknown.ToImmutableDictionary(u => u.ToString(), u => Refusal(secrets.Failures[u])),
        Namespaces = NamespacesOf(attached),
        SeesNamespaces = _services.View.Namespaces is not null,
        KeyMaterial = keys.Material,
        KeyProblems = keys.Problems,
        Prices = _services.Prices,
    };

    /// <summary>Those of keys and budgets: what becomes of the others of a cluster is no news.</summary>
    private ImmutableArray<Namespace> NamespacesOf(Attached attached) => _services.View.Namespaces is not { Snapshot: var known }
        ? []
        :
        [
            .. attached.Keys.Concat<KubernetesObject>(attached.Budgets)
                .Select(o => o.Metadata.Namespace)
                .Distinct(StringComparer.Ordinal)
                .Select(n => known.Find(new("", n)))
                .OfType<Namespace>(),
        ];

    /// <summary>Without what differs from one attempt to the next.</summary>
    private static string Refusal(ApiFailure failure) => $"the API server says {failure.Reason}; the operator tries again";

    /// <summary>Null: it stands there already, nothing is in force, or the server has put it off.</summary>
    private async Task<DurableWrite?> KeepAsync(ReconcileOutcome outcome, CancellationToken cancellation)
    {
        var isInForce = outcome is { Config: not null, Answer: null or PushOutcome.Acknowledged };
        var isKept = isInForce && _kept is DurableWrite.Written written && written.Revision == outcome.Config!.Revision;
        if (!isInForce || _keepPause.Until is not null || (isKept && !_durable.IsTouched(SeenVersion)))
            return null;
        var (config, lastValid) = (outcome.Config!, outcome.Translation.LastValid);
        var kept = isKept
            ? await _durable.RepairAsync(config, lastValid, cancellation)
            : await _durable.WriteAsync(config, lastValid, cancellation);
        if (kept is DurableWrite.Superseded superseded)
            _reconciler!.GoAbove(superseded.Revision);
        if (kept is DurableWrite.Failed { Failure: var failure })
            _keepPause.Take([failure]);
        return kept;
    }

    private string? SeenVersion(string secret) =>
        _services.View.Secrets.Snapshot.Find(new(_last.Metadata.Namespace, secret))?.Metadata.ResourceVersion;

    /// <summary>Of the version in force; null where none ever was.</summary>
    private DesiredChildren? Desired(ReconcileOutcome outcome, SecretsRead secrets, GatewayPods pods)
    {
        if (outcome.Translation.LastValid.Gateway is not { } valid)
            return null;
        var admin = AdminName(valid);
        var areKnown = !SecretUses.OfGateway(valid).Select(u => u.Secret).Append(admin).Any(s => secrets.Unknown.Contains(s));
        return GatewayChildren.Build(new()
        {
            Gateway = valid,
            Operator = _services.Facts,
            Admin = secrets.Unknown.Contains(admin) ? null : _door.Files,
            StoreSecrets = [.. secrets.Secrets.Where(s => s.Metadata.Namespace == valid.Metadata.Namespace)],
            FormerFingerprint = areKnown ? null : pods.StoresFingerprint,
        });
    }

    private static ObjectKey AdminName(LlmGateway gateway) => new(gateway.Metadata.Namespace, ChildNames.Admin(gateway.Metadata.Name));

    /// <summary>
    /// Pods do not start without the Secrets that the gateway names for itself. Where one cannot be used, those that serve are not replaced.
    /// </summary>
    private static bool KeepsPods(ReconcileOutcome outcome, GatewayPods pods) =>
        outcome.Translation.Verdicts[0].ResolvedRefs.Status == ConditionStatus.False
        && pods.All.Any(p => p.IsReady && p.Metadata.DeletionTimestamp is null);

    private ImmutableArray<string> ChildProblems(DesiredChildren? desired, ObjectKey? first, bool keepsPods) =>
    [
        .. keepsPods ? ["the pods stay as they are until what `ResolvedRefs` says is mended"] : ImmutableArray<string>.Empty,
        .. first is null
            ? ImmutableArray<string>.Empty
            : [$"the pods wait to be replaced until those of the LlmGateway `{first}` are, or it is changed or paused"],
        .. desired?.Problems.Select(p => $"{p.Field}: {p.Message}") ?? [],
        .. _refusal is null ? ImmutableArray<string>.Empty : [_refusal],
        .. _written.Problems,
        .. _kept is DurableWrite.Failed { Failure: { IsByRule: true } refused }
            ? [$"the config cannot be kept: {refused}"]
            : ImmutableArray<string>.Empty,
        .. _kept is DurableWrite.TooLarge large ? [large.Message] : ImmutableArray<string>.Empty,
    ];

    /// <summary>What another round may mend, though what matters most is done.</summary>
    private string? Obstacle(SecretsRead secrets, KeysKnown keys, StatusesWritten status) =>
        _refusal
        ?? secrets.Failures.Values.FirstOrDefault()?.ToString()
        ?? keys.Failure?.ToString()
        ?? (_kept is DurableWrite.Failed failed ? $"the durable copy: {failed.Failure}" : null)
        ?? (_kept is DurableWrite.Superseded newer ? $"the durable copy is of revision {newer.Revision}" : null)
        ?? _written.Failures.FirstOrDefault()?.ToString()
        ?? status.Failure?.ToString();

    /// <summary>A pause that grows, but whatever changes meanwhile is looked at at once.</summary>
    private LineResult.Partly Partly(string why) => new(why, _services.Publisher.Backoff.Delay(++_failures));

    private static LineResult.RetryAfter Retry(string what, ApiFailure failure) =>
        new($"{what}: {failure}", failure.RetryAfter ?? TimeSpan.Zero);

    private static LlmGateway Gone(LlmGateway last, DateTimeOffset now) =>
        last with { Metadata = last.Metadata with { DeletionTimestamp = last.Metadata.DeletionTimestamp ?? now } };

    private bool IsStarting(DateTimeOffset now) => !_hasPublished && now < _start + s_patience;

    private void Tell(IEnumerable<EventText> news)
    {
        foreach (var text in news)
            _services.Tell(text);
    }

    private Func<bool> Share()
    {
        var start = _services.Time.GetTimestamp();
        return () => _services.Time.GetElapsedTime(start) > s_share;
    }

    private TimeSpan Until(DateTimeOffset time)
    {
        var left = time - _services.Time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    [LoggerMessage(1215, LogLevel.Warning, "The durable copy of the LlmGateway with uid {Uid} is damaged and is written anew: {Problem}")]
    private partial void LogDamaged(string uid, string problem);
}
