using System.Runtime.InteropServices;
using Gateway.Server.Config;
using Gateway.Server.Endpoints;
using Gateway.Server.Flow;
using Gateway.Server.Providers;
using Gateway.Server.Providers.Simulated;
using Gateway.Server.Routing;
using Gateway.Server.Stores;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Hosting;

/// <summary>
/// One gateway: everything it consists of, put together in one place, and its life from the start to the end of the last call.
/// </summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private readonly GatewayOptions _options;
    private readonly TimeProvider _time;
    private readonly SpendParts _spend;
    private readonly StoreWatches _stores;
    private readonly HttpMessageInvoker _network;
    private readonly HttpMessageInvoker _simulated;
    private readonly GatewayMetrics _metrics;
    private readonly ModelHolder _models = new();
    private readonly Drain _drain = new();
    private readonly ConfigReceiver _receiver;
    private readonly SpendEndpoints _reports;
    private readonly HttpPort _data;
    private readonly HttpPort _admin;
    private readonly HttpPort _metricsPort;
    private readonly AddressFile _addresses;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _durableCopy = Task.CompletedTask;

    private GatewayProcess(GatewayOptions options, SpendParts parts, TimeProvider time, Func<double> random, ILoggerFactory loggers)
    {
        var spend = parts.Store;
        _options = options;
        _time = time;
        _spend = parts;
        _logger = loggers.CreateLogger<GatewayProcess>();
        _addresses = new(options.StateDirectory);
        _metrics = new(options.MetricsByKey);
        _stores = new(options.Postgres, options.Redis, options.StoreWatch, time, loggers.CreateLogger<StoreWatch>());

        // The upstream side
        var targets = new TargetStates();
        _network = UpstreamClient.Create(new(options.AllowLoopbackUpstreams), time);
        _simulated = new(new SimulatedHandler(time, random));
        var sender = new UpstreamSender(_network, _simulated, time);

        // The request line
        var bodies = new BodyMemory(options.BodyMemoryBytes);
        var settling = new Settling(spend);
        var attempts = new Attempts(sender, spend, settling, targets, _metrics, _drain, time, random);
        var flow = new RequestFlow(new()
        {
            Models = _models,
            BodyMemory = bodies,
            Spend = spend,
            Settling = settling,
            Targets = targets,
            Attempts = attempts,
            Metrics = _metrics,
            Drain = _drain,
            Time = time,
            Random = random,
        });

        // The life of the config
        var readiness = new Readiness(_models, _drain, options.ConfigWait, time);
        var file = new LastGoodFile(options.StateDirectory);
        var durable = options.ConfigDirectory is { } directory ? new DurableFolder(directory) : null;
        _receiver = new(_models, file, durable, time, loggers.CreateLogger<ConfigReceiver>())
        {
            Uid = options.Uid,
            ApplyBudgets = spend.Apply,
            Applied = model =>
            {
                targets.Prune(model);
                _metrics.ConfigApplied(model);
            },
            Pushed = result => _metrics.ConfigPushed(GatewayGauges.Label(result)),
        };
        GatewayGauges.Register(_metrics.Registry, _models, spend, _stores, bodies, targets, time);

        // The ports
        var health = new HealthEndpoints(_models, readiness, _drain, spend, _stores, targets, time);
        _reports = new(parts.Reports, time);
        var catalogue = new Catalogue(spend);
        var data = new DataPort(flow, catalogue, _reports, health, _models, _metrics, time, loggers.CreateLogger<DataPort>());
        var tokens = new BearerTokens(new(options.AdminTokenFile, loggers.CreateLogger<FileText>()));
        var admin = new AdminPort(_receiver, _models, spend, _reports, catalogue, _stores, readiness, tokens);
        _data = new(
            options.DataAddress, Certificate(options.DataCertificate, time, loggers), null, inline: true, data.HandleAsync, loggers);
        _admin = new(
            options.AdminAddress,
            Certificate(options.AdminCertificate, time, loggers),
            AdminPort.MaxSnapshotBytes,
            inline: false,
            admin.HandleAsync,
            loggers);
        _metricsPort = new(options.MetricsAddress, null, 0, inline: false, new MetricsPort(_metrics, health).HandleAsync, loggers);
    }

    /// <summary>Known once it has started.</summary>
    public BoundAddresses Addresses => new(_data.Url, _admin.Url, _metricsPort.Url);

    /// <summary>
    /// Opens the store of what is spent; throws <see cref="IOException"/> where the state directory is not usable or in use by another
    /// process, <see cref="InvalidDataException"/> where the URI of a database is none.
    /// </summary>
    public static async Task<GatewayProcess> CreateAsync(
        GatewayOptions options, TimeProvider time, Func<double> random, ILoggerFactory loggers)
    {
        Directory.CreateDirectory(options.StateDirectory);
        return new(options, await SpendTiers.OpenAsync(options, time, loggers), time, random, loggers);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _addresses.Remove();
        _receiver.LoadKept();
        _stores.Start();
        _durableCopy = _receiver.AwaitDurableCopyAsync(_stopping.Token);
        await _data.StartAsync(cancellationToken);
        await _admin.StartAsync(cancellationToken);
        await _metricsPort.StartAsync(cancellationToken);
        _addresses.Write(Addresses);
        LogStarted(Addresses.Data, Addresses.Admin, Addresses.Metrics);
    }

    /// <summary>Runs until SIGTERM (drains with patience), SIGINT (within 5 s), or the end of <paramref name="parent"/>.</summary>
    public async Task RunAsync(Task parent)
    {
        var told = new TaskCompletionSource<DrainPlan>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var hurry = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Tell(signal, DrainTimeout()));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Tell(signal, DrainPlan.Interrupted));
        if (await Task.WhenAny(told.Task, parent) == parent)
            told.TrySetResult(DrainPlan.Interrupted);
        await StopAsync(await told.Task, hurry.Token);

        void Tell(PosixSignalContext signal, DrainPlan plan)
        {
            signal.Cancel = true;

            // Told twice means now.
            if (!told.TrySetResult(plan))
                hurry.Cancel();
        }
    }

    public async Task StopAsync(DrainPlan plan, CancellationToken hurry)
    {
        LogStopping(_drain.InFlight);
        await _stopping.CancelAsync();
        using var abort = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        Task stopped = Task.CompletedTask;
        var left = await _drain.RunAsync(plan, () => stopped = _data.StopAsync(abort.Token), _time, hurry);

        // A call is over a moment before its last bytes are with the client, and an abort would throw those away.
        abort.CancelAfter(left == 0 ? plan.Settle : TimeSpan.Zero);
        await stopped;
        await _admin.StopAsync(abort.Token);
        await _metricsPort.StopAsync(abort.Token);
        _addresses.Remove();
        LogStopped(left);
    }

    public async ValueTask DisposeAsync()
    {
        await _data.DisposeAsync();
        await _admin.DisposeAsync();
        await _metricsPort.DisposeAsync();
        await _stopping.CancelAsync();
        await _durableCopy.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
        await _stores.DisposeAsync();
        _reports.Dispose();
        _receiver.Dispose();
        _network.Dispose();
        _simulated.Dispose();
        _drain.Dispose();
        _metrics.Dispose();

        // Last: what the calls above have settled is flushed here.
        await _spend.DisposeAsync();
    }

    private DrainPlan DrainTimeout() => DrainPlan.Terminated(TimeSpan.FromSeconds(_models.Current?.Settings.DrainTimeoutSeconds ?? 0));

    private static ReloadedCertificate? Certificate(PemFiles? files, TimeProvider time, ILoggerFactory loggers) =>
        files is null ? null : new(files, time, loggers);

    [LoggerMessage(300, LogLevel.Information, "Started: data {Data}, admin {Admin}, metrics {Metrics}")]
    private partial void LogStarted(string data, string admin, string metrics);

    [LoggerMessage(301, LogLevel.Information, "Stopping with {InFlight} calls in flight")]
    private partial void LogStopping(int inFlight);

    [LoggerMessage(302, LogLevel.Information, "Stopped; {Left} calls had to be cut off")]
    private partial void LogStopped(int left);
}
