using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;
using Operator.Prices;
using Operator.Reconcile;
using Operator.Telemetry;
using Operator.Watch;

namespace Operator.Hosting;

/// <summary>
/// The operator from its start to its end: asks the API server for what it needs, watches, and, while it leads, reconciles.
/// </summary>
internal sealed partial class OperatorRun(
    RunOptions options, TimeProvider time, Func<double> random, Func<string, string?> environment, ILoggerFactory loggers)
{
    /// <summary>Name of the lease.</summary>
    public const string LeaseName = "llm-gateway-operator";

    /// <summary>Between attempts at an API server that does not answer; by custom of client-go.</summary>
    private static readonly (TimeSpan Min, TimeSpan Max) s_pause = (TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(30));

    /// <summary>How often pods are asked for their counters, so that an exceeded budget shows soon.</summary>
    private static readonly TimeSpan s_lookIn = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = loggers.CreateLogger<OperatorRun>();

    /// <summary>
    /// Until cancelled, then 0. What a restart may mend or somebody must (no API server, definitions or rights that are missing, a port in
    /// use, the lease lost) is one line and 1.
    /// </summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        try
        {
            var config = new KubeConfig(environment, time).Load(options.KubeConfig, options.Context);
            while (true)
                await RunAsync(config.Access ?? throw new IOException(config.Problem), stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (IOException e)
        {
            LogCannotRun(e.Message);
            return 1;
        }
    }

    /// <summary>Ends when it must begin anew, because the cluster has other kinds of objects than it had.</summary>
    private async Task RunAsync(ClusterAccess access, CancellationToken stop)
    {
        // 1. The client, and what counts.
        var backoff = new Backoff(s_pause.Min, s_pause.Max, random);
        using var metrics = new OperatorMetrics();
        using var connection = new ApiConnection(access, new() { Backoff = backoff, Attempted = metrics.RequestAttempted }, time);
        var client = new KubernetesClient(connection, time);

        // 2. Is everything there that it cannot do without?
        var preflight = new Preflight(client, options.Namespaces);
        var lease = new ObjectKey(options.Namespace ?? access.Namespace, LeaseName);
        ObjectKey? given = options.Apply is { } name ? new(lease.Namespace, name) : null;
        if (await preflight.ProblemAsync(options.ElectsLeader ? lease : null, given, stop) is { } problem)
            throw new IOException(problem);
        var optionalKinds = await preflight.OptionalKindsAsync([], stop);

        // 3. Watches and probes, led or not: whoever takes over knows everything already.
        var queue = new WorkQueue<ObjectKey>(backoff, time, metrics.Queue);
        metrics.ObserveLoad(() => queue.Load);
        var informers = new InformerOptions { Namespaces = options.Namespaces, Backoff = backoff, Random = random };
        var view = new ClusterView(client, informers, optionalKinds, queue, time, loggers.CreateLogger<ClusterView>());
        await using var health = await HealthServer.StartAsync(options.Health, metrics, () => Unready(view), loggers, stop);
        LogServing(health.MetricsUrl, health.HealthUrl);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var watching = view.RunAsync(over.Token);

        // 4. Lead, as long as the kinds are what they are.
        var leading = LeadAsync(access, connection, client, view, optionalKinds, metrics, over.Token);
        var changing = preflight.KindsChangeAsync(optionalKinds, time, over.Token);
        try
        {
            await await Task.WhenAny(leading, changing);
            stop.ThrowIfCancellationRequested();
            if (leading.IsCompleted)
                throw new IOException("the lease is lost: another may lead");
            LogKindsChanged();
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(watching, leading, changing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LeadAsync(
        ClusterAccess access,
        ApiConnection connection,
        KubernetesClient client,
        ClusterView view,
        ImmutableArray<ChildKind> optionalKinds,
        OperatorMetrics metrics,
        CancellationToken stop)
    {
        var home = options.Namespace ?? access.Namespace;
        var identity = $"{options.Name}_{Guid.NewGuid():N}";
        var lease = new LeaseOptions
        {
            Key = new(home, LeaseName), Identity = identity, Owner = await ServiceAccountAsync(client, home, stop),
        };
        using var election = new LeaderElection(client, lease, time, loggers.CreateLogger<LeaderElection>());
        Func<bool> isLeader = options.ElectsLeader ? () => election.IsLeader : () => !stop.IsCancellationRequested;
        metrics.ObserveLeadership(LeaseName, isLeader);
        var events = new EventRecorder(client, new() { Instance = identity }, time, loggers.CreateLogger<EventRecorder>());
        await using var alerts = new AlertSender(metrics.AlertEnded, time, loggers.CreateLogger<AlertSender>());
        var services = new ClusterServices
        {
            Client = new(connection, time) { IsPatient = false },
            View = view,
            Tell = events.Record,
            Alert = alerts.Send,
            Prices = BuiltInPrices.Load(),
            Facts = new()
            {
                Namespace = home,
                PodLabels = ImmutableSortedDictionary<string, string>.Empty.Add("app.kubernetes.io/name", LeaseName),
                GatewayImage = options.GatewayImage,
                HasHttpRoutes = optionalKinds.Contains(ChildKind.HttpRoute),
                HasPodMonitors = optionalKinds.Contains(ChildKind.PodMonitor),
            },
            Publisher = new() { AntiEntropyInterval = s_lookIn, Backoff = new(s_pause.Min, s_pause.Max, random) },
            IsLeader = isLeader,
            ConfirmLeadAsync = options.ElectsLeader ? election.ConfirmAsync : _ => Task.FromResult(isLeader()),
            Metrics = metrics,
            Time = time,
            Loggers = loggers,
        };
        await (options.ElectsLeader ? election.RunAsync(WorkAsync, stop) : WorkAsync(stop));

        async Task WorkAsync(CancellationToken leading)
        {
            await view.WaitForSyncAsync(leading);
            LogLeading(view.Gateways.Snapshot.Objects.Count);
            var telling = events.RunAsync(leading);
            var applying = ApplyAsync(new(home, options.Apply ?? ""), client, leading);
            await new Controller(services, options.Workers).RunAsync(leading);
            await Task.WhenAll(telling, applying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Null where there is none, or the API server does not tell.</summary>
    private async Task<OwnerReference?> ServiceAccountAsync(KubernetesClient client, string home, CancellationToken stop)
    {
        if (options.ServiceAccount is not { Length: > 0 } name)
            return null;
        var type = new ResourceType<PartialObjectMetadata> { ApiVersion = "v1", Plural = "serviceaccounts", IsMetadataOnly = true };
        var account = await client.GetAsync(type, new(home, name), stop);
        return account.Value is { } found
            ? new() { ApiVersion = "v1", Kind = "ServiceAccount", Name = name, Uid = found.Metadata.Uid }
            : null;
    }

    private Task ApplyAsync(ObjectKey configMap, KubernetesClient client, CancellationToken leading) => options.Apply is null
        ? Task.CompletedTask
        : new GivenObjects(client, configMap, new(s_pause.Min, s_pause.Max, random), time, loggers.CreateLogger<GivenObjects>())
            .RunAsync(leading);

    private static ImmutableArray<string> Unready(ClusterView view) => view.HasSynced
        ? []
        : ["the first lists are not complete", .. view.Failures.Select(f => f.ToString()).Distinct(StringComparer.Ordinal)];

    [LoggerMessage(1301, LogLevel.Critical, "{Problem}")]
    private partial void LogCannotRun(string problem);

    [LoggerMessage(1302, LogLevel.Information, "Metrics on {Metrics}, probes on {Health}")]
    private partial void LogServing(Uri metrics, Uri health);

    [LoggerMessage(1303, LogLevel.Information, "Reconciling {Count} LlmGateways")]
    private partial void LogLeading(int count);

    [LoggerMessage(1304, LogLevel.Information, "HTTPRoutes or PodMonitors have been installed or removed: beginning anew")]
    private partial void LogKindsChanged();
}
