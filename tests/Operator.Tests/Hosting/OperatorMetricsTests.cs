using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Gateway.Contract;
using Operator.Telemetry;
using Operator.Kubernetes;
using Operator.Push;
using Operator.Watch;
using Support;

namespace Operator.Tests.Hosting;

/// <summary>What a scrape reads.</summary>
public sealed partial class OperatorMetricsTests : IDisposable
{
    private static readonly ObjectKey s_chat = new("ai", "chat");
    private static readonly ObjectKey s_other = new("ai", "other");
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly OperatorMetrics _metrics = new();

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void The_readme_lists_every_metric_with_its_type_and_labels()
    {
        TellEverything(s_chat);

        Read().Values.Select(f => $"{f.Name} {f.Type} {string.Join(' ', LabelsOf(f))}").ShouldBe(Documented(), ignoreOrder: true);
    }

    [Fact]
    public void Reconciles_are_counted_by_how_they_ended_as_controller_runtime_does()
    {
        foreach (var result in Enum.GetValues<ReconcileResult>())
        {
            _metrics.ReconcileStarted();
            _metrics.ReconcileEnded(result, s_second / 2);
        }

        _metrics.ReconcileStarted();

        var read = Read();
        var results = read["controller_runtime_reconcile_total"].Samples.ToDictionary(s => s.Labels["result"], s => s.Value);
        results.ShouldBe(
            new Dictionary<string, decimal> { ["success"] = 1, ["requeue"] = 1, ["requeue_after"] = 1, ["error"] = 2 }, ignoreOrder: true);
        read["controller_runtime_reconcile_errors_total"].Value(("controller", "llmgateway")).ShouldBe(2);
        read["controller_runtime_terminal_reconcile_errors_total"].Value().ShouldBe(1);
        read["controller_runtime_active_workers"].Value().ShouldBe(1);
        read["controller_runtime_reconcile_time_seconds"].Count().ShouldBe(5);
        read["controller_runtime_reconcile_time_seconds"].Sum().ShouldBe(2.5m);
    }

    [Fact]
    public void Every_result_is_there_at_zero_before_the_first_reconcile() =>
        Read()["controller_runtime_reconcile_total"].Samples.Select(s => (s.Labels["result"], s.Value))
            .ShouldBe([("error", 0m), ("requeue", 0m), ("requeue_after", 0m), ("success", 0m)]);

    [Fact]
    public async Task A_queue_shows_what_waits_for_how_long_and_what_comes_again()
    {
        var time = new ManualTimeProvider(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        var queue = new WorkQueue<ObjectKey>(new Backoff(s_second, s_second, () => 0), time, _metrics.Queue);
        _metrics.ObserveLoad(() => queue.Load);

        queue.Add(s_chat);
        queue.Add(s_chat);
        queue.AddAfter(s_other, s_second * 60);
        Read()["workqueue_depth"].Value(("name", "llmgateway"), ("controller", "llmgateway")).ShouldBe(1);
        time.Advance(s_second * 2);
        await queue.TakeAsync(TestContext.Current.CancellationToken);
        Read()["workqueue_depth"].Value().ShouldBe(0);
        time.Advance(s_second * 3);
        Read()["workqueue_unfinished_work_seconds"].Value().ShouldBe(3);
        Read()["workqueue_longest_running_processor_seconds"].Value().ShouldBe(3);
        queue.Retry(s_chat);

        var read = Read();
        read["workqueue_unfinished_work_seconds"].Value().ShouldBe(0);
        read["workqueue_longest_running_processor_seconds"].Value().ShouldBe(0);
        read["workqueue_adds_total"].Value().ShouldBe(3);
        read["workqueue_queue_duration_seconds"].Sum().ShouldBe(2);
        read["workqueue_work_duration_seconds"].Sum().ShouldBe(3);
        read["workqueue_retries_total"].Value().ShouldBe(1);
    }

    [Fact]
    public void Each_pod_is_in_one_state_and_every_state_is_told()
    {
        var wanted = Config(revision: 7);
        _metrics.PodsChanged(
            s_chat,
            [
                Pod("serves", new PushOutcome.Acknowledged(7, wanted.Hash), acknowledged: 7),
                Pod("serves too", new PushOutcome.Acknowledged(7, wanted.Hash), acknowledged: 7),
                Pod("serves an older one", new PushOutcome.Acknowledged(6, ""), acknowledged: 6),
                Pod("not asked yet", outcome: null, isReachable: false),
                Pod("refuses", new PushOutcome.Rejected("refuses", []), acknowledged: 6),
                Pod("gone quiet with it", new PushOutcome.Acknowledged(7, wanted.Hash), acknowledged: 7, isReachable: false),
            ],
            wanted);
        Pods().ShouldBe([("acknowledged", 2m), ("lagging", 2m), ("rejected", 1m), ("unreachable", 1m)]);

        _metrics.PodsChanged(s_chat, [], wanted);
        Pods().ShouldBe([("acknowledged", 0m), ("lagging", 0m), ("rejected", 0m), ("unreachable", 0m)]);
    }

    [Fact]
    public void A_gateway_that_is_gone_takes_its_series_along_and_no_others()
    {
        TellOf(s_chat);
        var before = OfGateways();
        TellOf(s_other);
        OfGateways().Count.ShouldBe(before.Count * 2);

        _metrics.Forget(s_other);

        OfGateways().ShouldBe(before);
    }

    [Fact]
    public void Leadership_is_told_as_it_is_at_the_scrape()
    {
        var leads = false;
        _metrics.ObserveLeadership("llm-gateway-operator", () => leads);

        Read()["leader_election_master_status"].Value(("name", "llm-gateway-operator")).ShouldBe(0);
        leads = true;
        Read()["leader_election_master_status"].Value(("name", "llm-gateway-operator")).ShouldBe(1);
    }

    [Fact]
    public void The_process_is_told_as_it_is()
    {
        var read = Read();

        using var self = System.Diagnostics.Process.GetCurrentProcess();
        var started = (decimal)(new DateTimeOffset(self.StartTime) - DateTimeOffset.UnixEpoch).TotalSeconds;
        read["process_start_time_seconds"].Value().ShouldBe(started, tolerance: 1);
        read["process_cpu_seconds_total"].Value().ShouldBeInRange(0.01m, 100_000);
        read["process_resident_memory_bytes"].Value().ShouldBeGreaterThan(1024 * 1024);
        read["dotnet_total_memory_bytes"].Value().ShouldBeGreaterThan(1024);
    }

    private void TellEverything(ObjectKey gateway)
    {
        _metrics.ObserveLoad(() => default);
        _metrics.ObserveLeadership("llm-gateway-operator", () => true);
        _metrics.WorkersStarted(4);
        _metrics.RequestAttempted(new("200", "GET", "10.0.0.1"));
        TellOf(gateway);
    }

    private void TellOf(ObjectKey gateway)
    {
        _metrics.ConfigPublished(gateway, revision: 7, rejectedObjects: 1);
        _metrics.PodsChanged(gateway, [Pod("a", outcome: null)], wanted: null);
        _metrics.Propagated(gateway, s_second);
    }

    private ImmutableSortedDictionary<string, ExposedFamily> Read() => Exposition.Parse(_metrics.Write());

    private IEnumerable<(string State, decimal Count)> Pods() =>
        Read()["llmgateway_config_pods"].Samples.Where(s => s.Labels["gateway"] == "ai/chat").Select(s => (s.Labels["state"], s.Value));

    private List<string> OfGateways() =>
        [.. _metrics.Write().Split('\n').Where(l => l.StartsWith("llmgateway_", StringComparison.Ordinal) && l.Contains("gateway=\""))];

    private static IEnumerable<string> LabelsOf(ExposedFamily family) =>
        family.Samples.SelectMany(s => s.Labels.Keys).Distinct().Where(l => l != "le").Order(StringComparer.Ordinal);

    /// <summary>The rows of the table, each as <c>name type labels</c>.</summary>
    private static IEnumerable<string> Documented() => ReadmeTable.Rows("metric")
        .Select(c => $"{c[0].Trim('`')} {c[1]} {string.Join(' ', Words(c[2]))}");

    private static IEnumerable<string> Words(string cell) => Word().Matches(cell).Select(m => m.Value).Order(StringComparer.Ordinal);

    private static PodState Pod(string name, PushOutcome? outcome, long acknowledged = 0, bool isReachable = true) => new()
    {
        Pod = new() { Name = name, Address = new("https://127.0.0.1:4001") },
        Outcome = outcome,
        AcknowledgedRevision = acknowledged,
        AcknowledgedHash = Config(acknowledged).Hash,
        IsReachable = isReachable,
    };

    private static StampedConfig Config(long revision) => new(
        new()
        {
            SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
            Gateway = "uid",
            Revision = 0,
            Hash = "",
            Object = new() { Kind = "LlmGateway", Namespace = "ai", Name = "chat" },
            Settings = new(),
        },
        revision);

    [GeneratedRegex("[a-z_]+", RegexOptions.None, 1000)]
    private static partial Regex Word();
}
