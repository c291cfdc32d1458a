using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>A public model name of a gateway, and the upstream models that answer for it. Lives in the gateway's namespace.</summary>
/// <remarks>Who may write a ModelRoute may use the Secrets of its namespace as credentials.</remarks>
[Resource("ModelRoute", "modelroutes", ShortName = "mroute")]
[PrinterColumn("MODEL", ".spec.model")]
[PrinterColumn("TARGETS", ".status.targetCount", Type = "integer")]
[PrinterColumn("GATEWAY", ".spec.gatewayRefs[0].name")]
[PrinterColumn("ACCEPTED", """.status.conditions[?(@.type=="Accepted")].status""")]
[PrinterColumn("PROGRAMMED", """.status.conditions[?(@.type=="Programmed")].status""")]
[PrinterColumn("REASON", """.status.conditions[?(@.type=="Ready")].reason""", Priority = 1)]
internal sealed record ModelRoute() : Resource<ModelRouteSpec, ModelRouteStatus>(KindName)
{
    public const string KindName = "ModelRoute";
}

/// <summary>What a route shall do.</summary>
[CelRule("!has(self.aliases) || !(self.model in self.aliases)", RuleMessages.AliasIsModel)]
internal sealed record ModelRouteSpec
{
    /// <summary>The gateways that serve this route, in the same namespace.</summary>
    [Items(8, Min = 1, Type = ListType.Map)]
    public required ImmutableArray<LocalGatewayReference> GatewayRefs { get; init; }

    /// <summary>
    /// The name that callers use, with at most one `*`, at its start or end. An exact name beats the longest pattern, which beats `*`.
    /// </summary>
    [Text(253, Pattern = Patterns.Model, Means = Patterns.ModelMeans)]
    public required string Model { get; init; }

    /// <summary>Further names of the same route.</summary>
    [Items(16, Type = ListType.Set), Text(253, Pattern = Patterns.Model, Means = Patterns.ModelMeans)]
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>The upstream models.</summary>
    [Items(16, Min = 1, Type = ListType.Map)]
    [CelRule("self.exists(t, t.weight > 0)", RuleMessages.NoWeight)]
    public required ImmutableArray<ModelTarget> Targets { get; init; }

    /// <summary>
    /// Names of models that are tried, in order, when every target has failed. The caller's key must be allowed to use them.
    /// </summary>
    [Items(8, Type = ListType.Set), Text(253, Pattern = Patterns.ExactModel, Means = Patterns.ExactModelMeans)]
    public ImmutableArray<string> Fallbacks { get; init; } = [];

    /// <summary>Retries; default: the gateway's.</summary>
    public RetrySpec? Retry { get; init; }

    /// <summary>How one of several targets of equal priority is chosen.</summary>
    public RoutingStrategy Strategy { get; init; } = RoutingStrategy.Weighted;
}

/// <summary>What a route does.</summary>
internal sealed record ModelRouteStatus : ResourceStatus
{
    /// <summary>Where each gateway stands.</summary>
    [Items(8, Type = ListType.Map)]
    public ImmutableArray<RouteGatewayStatus> Gateways { get; init; } = [];

    /// <summary>Targets in the spec.</summary>
    [Bounds(0, 16)]
    public int TargetCount { get; init; }
}

/// <summary>Where one gateway stands with a route.</summary>
internal sealed record RouteGatewayStatus
{
    /// <summary>Name of the LlmGateway.</summary>
    [Text(50)]
    public required string Name { get; init; }

    /// <summary>The first revision that carried this generation.</summary>
    [Bounds(0, BoundsAttribute.MaxExact)]
    public long? Revision { get; init; }

    /// <summary>`Accepted`, `ResolvedRefs`, `Programmed` and `Priced` at this gateway.</summary>
    [Items(16, Type = ListType.Map, Key = "type")]
    public ImmutableArray<Condition> Conditions { get; init; } = [];
}
