using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Contract;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>What a gateway shall be.</summary>
[CelRule(
    "!has(self.redis) || has(self.postgres)",
    RuleMessages.RedisRequiresPostgres)]
[CelRule(
    "self.replicas <= 1 || has(self.postgres)",
    RuleMessages.ReplicasRequirePostgres)]
[CelRule(
    "!has(self.autoscaling) || has(self.postgres)",
    RuleMessages.AutoscalingRequiresPostgres)]
internal sealed record LlmGatewaySpec
{
    /// <summary>
    /// The CPU that a gateway's container requests where `resources` says nothing: an autoscaler needs one to measure against.
    /// </summary>
    public const string DefaultCpuRequest = "250m";

    /// <summary>Image of the gateway; default: the one that belongs to this version of the operator. Never the tag `latest`.</summary>
    [Text(512, Pattern = Patterns.PrintableAscii, Means = Patterns.PrintableAsciiMeans)]
    [CelRule("!self.endsWith(':latest')", RuleMessages.ImageNotLatest)]
    public string? Image { get; init; }

    /// <summary>Number of pods. More than one requires `postgres`. With `autoscaling` the autoscaler sets it, by `/scale`.</summary>
    [Bounds(0, 100)]
    public int Replicas { get; init; } = 1;

    /// <summary>Lets a HorizontalPodAutoscaler set `replicas`. Requires `postgres`.</summary>
    public AutoscalingSpec? Autoscaling { get; init; }

    /// <summary>Compute resources of the gateway's container. Without a CPU request one of 250m is set.</summary>
    public ResourceRequirements? Resources { get; init; }

    /// <summary>The ServiceAccount that pods run as.</summary>
    public ServiceAccountSpec ServiceAccount { get; init; } = new();

    /// <summary>The Service that callers use.</summary>
    public ServiceSpec Service { get; init; } = new();

    /// <summary>Serves the data port with TLS.</summary>
    public TlsSpec? Tls { get; init; }

    /// <summary>Makes the gateway known outside of the cluster.</summary>
    public ExposureSpec? Exposure { get; init; }

    /// <summary>
    /// The database that holds the ledger, and the counters where there is no `redis`. Without it spend is kept on the pod's volume.
    /// </summary>
    public PostgresSpec? Postgres { get; init; }

    /// <summary>Counters for many replicas. Requires `postgres`.</summary>
    public RedisSpec? Redis { get; init; }

    /// <summary>The volume of the pod's journal; default: one that goes with the pod.</summary>
    public StorageSpec? Storage { get; init; }

    /// <summary>Which VirtualKeys and Budgets may attach, and what they may reach.</summary>
    public AllowedKeysSpec AllowedKeys { get; init; } = new();

    /// <summary>Hosts that targets may name, exact or with a leading `*.`; empty: all that the address guard lets through.</summary>
    [Items(64, Type = ListType.Set)]
    [Text(253, Pattern = Patterns.HostPattern, Means = Patterns.HostPatternMeans)]
    public ImmutableArray<string> AllowedUpstreamHosts { get; init; } = [];

    /// <summary>Where neither route nor target says otherwise.</summary>
    public GatewayDefaults Defaults { get; init; } = new();

    /// <summary>What becomes of a call on a model without a price that a cost budget covers.</summary>
    public UnpricedModels UnpricedModels { get; init; } = UnpricedModels.Reject;

    /// <summary>What becomes of calls under a budget while budgets cannot be counted.</summary>
    public FailureMode BudgetStoreFailureMode { get; init; } = FailureMode.FailClosed;

    /// <summary>Tells crossings of Budgets to others.</summary>
    public AlertsSpec? Alerts { get; init; }

    /// <summary>How long a stopping pod waits for calls in flight.</summary>
    [Bounds(0, 3600)]
    public int DrainTimeoutSeconds { get; init; } = 300;

    /// <summary>How many pods may be away on purpose. It is made only where more than one pod can run.</summary>
    public PodDisruptionBudgetSpec PodDisruptionBudget { get; init; } = new();

    /// <summary>Who may open connections to the pods.</summary>
    public NetworkPolicySpec NetworkPolicy { get; init; } = new();

    /// <summary>
    /// Laid over the pod template, for what has no field here. Objects are merged, a null removes, containers, volumes and variables are
    /// matched by name, other lists are replaced. What would take the gateway's own files, ports or command, or break the restricted Pod
    /// Security Standard, is refused.
    /// </summary>
    public JsonElement? PodTemplate { get; init; }
}
