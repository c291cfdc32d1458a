using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Metrics;
using Operator.Reconcile;
using Operator.Kubernetes;
using Operator.Push;
using Operator.Watch;

namespace Operator.Telemetry;

/// <summary>Every number of the operator: names, units and buckets stand here, callers use verbs. From any thread.</summary>
/// <remarks>
/// <para>
/// Where the meaning is controller-runtime's the name is too, so that existing dashboards and alerts work:
/// https://book.kubebuilder.io/reference/metrics-reference. The rest is <c>llmgateway_*</c>. Names are stable; operator/README.md lists
/// them.
/// </para>
/// <para>
/// <c>gateway</c> is the <c>namespace/name</c> of an LlmGateway. Its series are there from the first word about it until
/// <see cref="Forget"/>.
/// </para>
/// </remarks>
internal sealed class OperatorMetrics : IDisposable
{
    /// <summary>Value of <c>controller</c>, and of its queue's <c>name</c>: all four kinds go through the line of their gateway.</summary>
    public const string Controller = "llmgateway";

    private readonly MetricRegistry _registry = new("llm_gateway_operator");
    private readonly ImmutableArray<Series> _reconciles;
    private readonly Series _errors;
    private readonly Series _terminalErrors;
    private readonly HistogramSeries _duration;
    private readonly Series _maxWorkers;
    private readonly Series _activeWorkers;
    private readonly ScalarFamily _requests;
    private readonly HistogramFamily _propagation;
    private readonly ScalarFamily _pods;
    private readonly ScalarFamily _rejected;
    private readonly ScalarFamily _revision;
    private readonly ImmutableArray<Series> _alerts;

    public OperatorMetrics()
    {
        var reconciles = Counter("controller_runtime_reconcile", "Reconciles, by how they ended.", "controller", "result");

        // A terminal error is an error there, and counted apart besides.
        _reconciles = [.. Enum.GetValues<ReconcileResult>()
            .Select(r => r == ReconcileResult.TerminalError ? ReconcileResult.Error : r)
            .Select(r => reconciles.With(Controller, Label(r)))];
        _errors = Counter("controller_runtime_reconcile_errors", "Reconciles that failed.", "controller").With(Controller);
        _terminalErrors = Counter(
            "controller_runtime_terminal_reconcile_errors",
            "Reconciles that failed and are not tried again before something changes.",
            "controller").With(Controller);
        _duration = Seconds(
            "controller_runtime_reconcile_time_seconds", "How long a reconcile took.", OperatorBuckets.Reconcile, "controller")
            .With(Controller);
        _maxWorkers = Gauge(
            "controller_runtime_max_concurrent_reconciles", "How many reconciles may run at the same time.", "controller").With(Controller);
        _activeWorkers = Gauge("controller_runtime_active_workers", "Reconciles that run now.", "controller").With(Controller);
        Queue = ObserveQueue();
        _requests = Counter(
            "rest_client_requests",
            "Requests to the API server, each attempt by itself; code <error> where no answer came.",
            "code", "method", "host");
        _propagation = Seconds(
            "llmgateway_config_propagation_seconds",
            "From the moment that the operator saw a change until all ready pods have acknowledged the config with it.",
            OperatorBuckets.Propagation,
            "gateway");
        _pods = Gauge("llmgateway_config_pods", "Pods of a gateway, by how they stand to the config that is wanted.", "gateway", "state");
        _rejected = Gauge("llmgateway_rejected_objects", "Objects that are kept out of the config because pods refuse them.", "gateway");
        _revision = Gauge("llmgateway_config_revision", "Revision of the config that is wanted on all pods.", "gateway");
        var alerts = Counter("llmgateway_alerts", "Messages to webhooks, by how their sending ended.", "result");
        _alerts = [.. Enum.GetValues<AlertEnd>().Select(e => alerts.With(Label(e)))];
        BuildInfo.Register(_registry, "llmgateway_build_info", typeof(OperatorMetrics).Assembly);
        ProcessMetrics.Register(_registry);
    }

    /// <summary>To be given to the <see cref="WorkQueue{TKey}"/>.</summary>
    public QueueObserver Queue { get; }

    /// <summary>The Prometheus text, version 0.0.4.</summary>
    public string Write() => _registry.Write();

    public void Dispose() => _registry.Dispose();

    /// <summary>How the queue stands, asked at each scrape: <see cref="WorkQueue{TKey}.Load"/>. To be called once.</summary>
    public void ObserveLoad(Func<QueueLoad> load)
    {
        Observe("workqueue_depth", MetricUnit.One, "Keys that are due and that no worker has taken yet.", l => l.Backlog);
        Observe(
            "workqueue_unfinished_work_seconds",
            MetricUnit.Seconds,
            "How long the keys that are worked on now have been so, all together: rises steadily where a worker hangs.",
            l => InSeconds(l.UnfinishedWork));
        Observe(
            "workqueue_longest_running_processor_seconds",
            MetricUnit.Seconds,
            "And the one that has been so longest.",
            l => InSeconds(l.LongestRunning));

        void Observe(string name, MetricUnit unit, string help, Func<QueueLoad, decimal> read) => _registry.Observe(
            MetricKind.Gauge, name, unit, help, ["name", "controller"], () => [new Sample(read(load()), Controller, Controller)]);
    }

    /// <summary>Whether this process leads, asked at each scrape. To be called once.</summary>
    /// <param name="lease">Name of the Lease.</param>
    /// <param name="isLeader">Such as <see cref="LeaderElection.IsLeader"/>.</param>
    public void ObserveLeadership(string lease, Func<bool> isLeader) => _registry.Observe(
        MetricKind.Gauge,
        "leader_election_master_status",
        MetricUnit.One,
        "1 while this process leads, else 0.",
        ["name"],
        () => [new Sample(isLeader() ? 1 : 0, lease)]);

    /// <summary>So many workers take from the queue.</summary>
    public void WorkersStarted(int count) => _maxWorkers.Set(count);

    /// <summary>A worker begins. Every one of these is followed by <see cref="ReconcileEnded"/>.</summary>
    public void ReconcileStarted() => _activeWorkers.Increment();

    /// <summary>It is over, after so long.</summary>
    public void ReconcileEnded(ReconcileResult result, TimeSpan took)
    {
        _activeWorkers.Decrement();
        _reconciles[(int)result].Increment();
        _duration.Record(took);
        if (result is ReconcileResult.Error or ReconcileResult.TerminalError)
            _errors.Increment();
        if (result is ReconcileResult.TerminalError)
            _terminalErrors.Increment();
    }

    /// <summary>To be given to <see cref="KubernetesClientOptions.Attempted"/>.</summary>
    public void RequestAttempted(ApiAttempt attempt) => _requests.With(attempt.Code, attempt.Method, attempt.Host).Increment();

    /// <summary>A message to a webhook was delivered or given up.</summary>
    public void AlertEnded(AlertEnd end) => _alerts[(int)end].Increment();

    /// <summary>This config is wanted on all pods of the gateway.</summary>
    /// <param name="gateway">The LlmGateway.</param>
    /// <param name="revision">Of the config.</param>
    /// <param name="rejectedObjects">How many objects are not in it because pods have refused them.</param>
    public void ConfigPublished(ObjectKey gateway, long revision, int rejectedObjects)
    {
        _revision.With(gateway.ToString()).Set(revision);
        _rejected.With(gateway.ToString()).Set(rejectedObjects);
    }

    /// <summary>What is known of the gateway's pods now, all of them.</summary>
    /// <param name="gateway">The LlmGateway.</param>
    /// <param name="pods">Such as <see cref="ConfigPublisher.Pods"/>.</param>
    /// <param name="wanted">The config that they should serve; null: there is none yet.</param>
    public void PodsChanged(ObjectKey gateway, ImmutableArray<PodState> pods, StampedConfig? wanted)
    {
        var counts = pods.CountBy(p => PodConfigStates.Of(p, wanted)).ToDictionary();
        foreach (var state in PodConfigStates.All)
            _pods.With(gateway.ToString(), Label(state)).Set(counts.GetValueOrDefault(state));
    }

    /// <summary>All ready pods have acknowledged a config, so long after the operator saw the oldest change in it.</summary>
    public void Propagated(ObjectKey gateway, TimeSpan took) => _propagation.With(gateway.ToString()).Record(took);

    /// <summary>
    /// The gateway is gone, and its series go. To be called when nobody speaks of it any more: a later word makes them anew.
    /// </summary>
    public void Forget(ObjectKey gateway) => _registry.Prune("gateway", name => name != gateway.ToString());

    private QueueObserver ObserveQueue()
    {
        var adds = Counter("workqueue_adds", "Keys that were added to the queue.", "name", "controller");
        var waits = Seconds(
            "workqueue_queue_duration_seconds",
            "How long a key was due before a worker took it.",
            OperatorBuckets.Queue,
            "name", "controller");
        var works = Seconds(
            "workqueue_work_duration_seconds", "How long the work on a key took.", OperatorBuckets.Queue, "name", "controller");
        var retries = Counter("workqueue_retries", "Keys that came again because the work on them failed.", "name", "controller");
        return new()
        {
            Added = adds.With(Controller, Controller).Increment,
            Taken = waits.With(Controller, Controller).Record,
            Worked = works.With(Controller, Controller).Record,
            Retried = retries.With(Controller, Controller).Increment,
        };
    }

    private ScalarFamily Counter(string name, string help, params ImmutableArray<string> labels) =>
        _registry.Counter(name, MetricUnit.One, help, labels);

    private ScalarFamily Gauge(string name, string help, params ImmutableArray<string> labels) =>
        _registry.Gauge(name, MetricUnit.One, help, labels);

    private HistogramFamily Seconds(string name, string help, ImmutableArray<decimal> bounds, params ImmutableArray<string> labels) =>
        _registry.Histogram(name, MetricUnit.Seconds, help, bounds, labels);

    private static decimal InSeconds(TimeSpan duration) => MetricUnit.Seconds.Show(duration.Ticks);

    private static string Label<T>(T value)
        where T : struct, Enum =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
