using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Push;
using Operator.Reconcile;
using Operator.Standalone.Process;
using Operator.Standalone.State;
using Operator.Status;
using Operator.Translate;

namespace Operator.Standalone;

/// <summary>One LlmGateway while it is served: its process, the push to it, and the reconcile that both belong to.</summary>
internal sealed class GatewaySession : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly GatewayState _state;
    private readonly AdminClient _client;
    private readonly ConfigPublisher _publisher;
    private readonly GatewayReconciler _reconciler;
    private readonly Action _changed;
    private readonly BudgetAlerts _alerts;
    private volatile GatewayAddresses? _addresses;

    /// <summary>Starts the process.</summary>
    public GatewaySession(LlmGateway gateway, StandaloneOptions options, StateFolder state, StandaloneServices services, Action changed)
    {
        Id = gateway.Id();
        _changed = changed;
        _state = state.Of(gateway);
        var access = _state.Prepare(gateway.Metadata.Name, services.Time);
        var publisherOptions = new PublisherOptions
        {
            // One process on this machine: asking often costs nothing, and shows soon that a budget is spent.
            AntiEntropyInterval = TimeSpan.FromSeconds(5),
            Backoff = new(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(5), services.Random),
        };
        _client = new(() => access, publisherOptions.Timeout, services.Time);
        _publisher = new(_client, publisherOptions, services.Time, services.PublisherLogger, _ => changed());
        _alerts = new(services.Alert, changed);
        Spent = _state.ReadSpent();
        _reconciler = new(_state.Revisions, _publisher, _state.ReadLastValid());
        var launch = new GatewayLaunch
        {
            Command = options.GatewayCommand,
            Port = options.Port,
            MetricsPort = Ports.IsFree(options.MetricsPort) ? options.MetricsPort : 0,
            State = _state,
        };
        var supervisor = new GatewaySupervisor(launch, publisherOptions.Backoff, services.Time, MoveAsync, services.Notice);
        Supervision = SuperviseAsync(supervisor);
    }

    /// <summary><c>namespace/name</c> of the gateway.</summary>
    public string Id { get; }

    /// <summary>Where budgets stood when it was written down last, by their id.</summary>
    public ImmutableSortedDictionary<string, BudgetStatus> Spent { get; private set; }

    /// <summary>Ends only by a failure: the process cannot be brought up.</summary>
    public Task Supervision { get; }

    /// <summary>Where callers reach the gateway; null while it does not listen.</summary>
    public string? Url => _addresses?.Data;

    /// <summary>False from the start until the process listens for the first time: till then there is nothing to report.</summary>
    public bool HasListened { get; private set; }

    /// <summary>Translate, push, acknowledge.</summary>
    public async Task<ReconcileOutcome> ReconcileAsync(TranslateInputs inputs, CancellationToken cancellation)
    {
        var before = _reconciler.LastValid;
        var outcome = await _reconciler.ReconcileAsync(inputs, cancellation);
        if (!ReferenceEquals(before, _reconciler.LastValid))
            _state.WriteLastValid(_reconciler.LastValid);
        return outcome;
    }

    /// <summary>The status after a reconcile; what is new in the spend is written down, and told to the webhook.</summary>
    public ResourceStatuses Report(ReconcileOutcome outcome, DateTimeOffset now)
    {
        var statuses = Status(outcome, now);
        if (statuses.Budgets.Any(b => StatusWrites.Due(b with { Status = Spent.GetValueOrDefault(b.Id()) }, b, now) <= now))
        {
            Spent = statuses.Budgets.ToImmutableSortedDictionary(b => b.Id(), b => b.Status!, StringComparer.Ordinal);
            _state.WriteSpent(Spent);
        }

        var pending = statuses.Budgets.SelectMany(b => b.Status!.PendingAlerts ?? []);
        _alerts.Send(outcome.Translation.LastValid.Gateway, outcome.Inputs.Secrets, pending);
        return statuses;
    }

    private ResourceStatuses Status(ReconcileOutcome outcome, DateTimeOffset now)
    {
        var pods = _publisher.Pods;
        var answer = pods.Select(p => p.Status).OfType<ConfigStatus>().FirstOrDefault();
        return ResourceStatuses.Of(new()
        {
            Inputs = outcome.Inputs,
            Translation = outcome.Translation,
            Config = outcome.Config?.Snapshot,
            Pods = [.. pods.Select(p => PodReports.Of(p, outcome.Config))],
            Counters = answer?.Budgets ?? [],
            CountersTime = answer is null ? null : now,
            SettledAlerts = _alerts.Settled,
            Url = Url,
            Durable = new(ConditionStatus.True, ConditionReasons.Durable, "spend is kept in the journal of the state folder"),
            Now = now,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Supervision.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _publisher.DisposeAsync();
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task SuperviseAsync(GatewaySupervisor supervisor)
    {
        try
        {
            await Task.Run(() => supervisor.RunAsync(_stop.Token), CancellationToken.None);
        }
        finally
        {
            _changed();
        }
    }

    private async Task MoveAsync(GatewayAddresses? addresses)
    {
        ImmutableArray<PodEndpoint> pods = addresses is null ? [] : [new() { Name = "gateway", Address = new(addresses.Admin) }];
        await _publisher.SetPodsAsync(pods);
        _addresses = addresses;
        HasListened |= addresses is not null;
        _changed();
    }
}
