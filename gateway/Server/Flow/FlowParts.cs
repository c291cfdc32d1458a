using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Endpoints;
using Gateway.Server.Hosting;
using Gateway.Server.Routing;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Flow;

/// <summary>What the flow is made of; one of each in a process.</summary>
internal sealed record FlowParts
{
    public required ModelHolder Models { get; init; }

    public required BodyMemory BodyMemory { get; init; }

    public required ISpendStore Spend { get; init; }

    public required Settling Settling { get; init; }

    public required TargetStates Targets { get; init; }

    public required Attempts Attempts { get; init; }

    public required GatewayMetrics Metrics { get; init; }

    public required Drain Drain { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>From 0 up to but not including 1.</summary>
    public required Func<double> Random { get; init; }
}
