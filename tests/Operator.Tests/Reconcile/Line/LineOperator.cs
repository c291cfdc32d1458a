using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Operator.Kubernetes;
using Operator.Prices;
using Operator.Reconcile;
using Operator.Telemetry;
using Operator.Tests.Kubernetes;
using Operator.Watch;
using Support.ApiServer;

namespace Operator.Tests.Reconcile.Line;

/// <summary>One process of the operator, without its command line: watches, and while it leads the line of every gateway.</summary>
internal sealed class LineOperator : IAsyncDisposable
{
    private readonly FakeApiServer _server;
    private readonly OperatorMetrics _metrics = new();
    private readonly ApiConnection _connection;
    private readonly WorkQueue<ObjectKey> _queue;
    private readonly ClusterView _view;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private volatile bool _isDead;

    public LineOperator(FakeApiServer server, LineOptions options, TimeProvider time, string name)
    {
        (_server, Name) = (server, name);
        _connection = new(new() { Server = server.Url }, TestCluster.Options with { UserAgent = name }, time);
        var client = new KubernetesClient(_connection, time);
        _queue = new(options.Backoff, time, _metrics.Queue);
        var informers = new InformerOptions { Backoff = options.Backoff, Random = () => 0, WatchTimeout = TimeSpan.FromDays(20) };
        _view = new(client, informers, [], _queue, time, NullLogger.Instance);
        var events = new EventRecorder(client, new() { Instance = name }, time, NullLogger.Instance);
        Alerts = new(_metrics.AlertEnded, time, NullLogger.Instance);
        Election = new(client, new() { Key = new("kube-system", "operator"), Identity = name }, time, NullLogger.Instance);
        var services = new ClusterServices
        {
            Client = new(_connection, time) { IsPatient = false },
            View = _view,
            Tell = events.Record,
            Alert = Alerts.Send,
            Prices = BuiltInPrices.Load(),
            Facts = new()
            {
                Namespace = "kube-system", PodLabels = ImmutableSortedDictionary<string, string>.Empty, GatewayImage = options.GatewayImage,
            },
            Publisher = new() { Timeout = options.PushTimeout, AntiEntropyInterval = options.LookIn, Backoff = options.Backoff },
            IsLeader = () => !options.ElectsLeader || Election.IsLeader,
            ConfirmLeadAsync = options.ElectsLeader ? Election.ConfirmAsync : _ => Task.FromResult(true),
            Metrics = _metrics,
            Time = time,
            Loggers = NullLoggerFactory.Instance,
        };
        _running = RunAsync(async leading =>
        {
            await _view.WaitForSyncAsync(leading);
            var telling = events.RunAsync(leading);
            await new Controller(services, 4).RunAsync(leading);
            await telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

        async Task RunAsync(Func<CancellationToken, Task> workAsync)
        {
            var watching = _view.RunAsync(_stop.Token);
            await (options.ElectsLeader ? Election.RunAsync(workAsync, _stop.Token) : workAsync(_stop.Token));
            await watching;
        }
    }

    /// <summary>By which the API server's log knows it.</summary>
    public string Name { get; }

    public LeaderElection Election { get; }

    private AlertSender Alerts { get; }

    /// <summary>What it asked the API server for, watches and reads included.</summary>
    public ImmutableArray<ApiCall> Calls => [.. _server.Calls.Where(c => c.UserAgent == Name)];

    public ImmutableArray<ApiCall> Writes => [.. Calls.Where(c => c.Verb is "create" or "update" or "patch" or "delete")];

    /// <summary>Nothing is due and nothing is worked on.</summary>
    public bool IsAtRest => _queue.Load.Backlog == 0 && _metrics.Write().Contains("controller_runtime_active_workers{controller=\"llmgateway\"} 0\n");

    /// <summary>As Prometheus would read it.</summary>
    public string Metrics => _metrics.Write();

    /// <summary>Whether it has got to the call that it dies at.</summary>
    public bool IsDead => _isDead;

    /// <summary>
    /// As if the process were killed at its next call of this kind: before the server has got it, or after it was done. From then on the
    /// server answers it nothing more, so that its line stands still there.
    /// </summary>
    public void KillAt(Func<ApiCall, bool> step, bool isDone)
    {
        ApiFault fault = isDone ? new ApiFault.LostAnswer() : new ApiFault.Silence();
        _server.Inject(fault, c => c.UserAgent == Name && !_isDead && step(c) && (_isDead = true));
        _server.Inject(new ApiFault.Silence(), c => c.UserAgent == Name && _isDead, int.MaxValue);
    }

    /// <summary>As a pod that is stopped: no push goes on afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Alerts.DisposeAsync();
        _connection.Dispose();
        _metrics.Dispose();
    }
}

/// <summary>How patient the operator of a test is.</summary>
internal sealed record LineOptions
{
    /// <summary>Default: hardly any pause.</summary>
    public Backoff Backoff { get; init; } = TestCluster.Quick;

    /// <summary>As in a cluster.</summary>
    public static Backoff RealBackoff { get; } = new(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(30), () => 0);

    public TimeSpan PushTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks at a pod.</summary>
    public TimeSpan LookIn { get; init; } = TimeSpan.FromSeconds(10);

    public bool ElectsLeader { get; init; }

    /// <summary>Another one is another release of the operator.</summary>
    public string GatewayImage { get; init; } = "gateway:1";
}
