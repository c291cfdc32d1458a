using System.Collections.Immutable;

namespace Operator.Telemetry;

/// <summary>Upper bounds of histograms, in seconds.</summary>
internal static class OperatorBuckets
{
    /// <summary>
    /// Those of controller-runtime:
    /// https://github.com/kubernetes-sigs/controller-runtime/blob/main/pkg/internal/controller/metrics/metrics.go.
    /// </summary>
    public static ImmutableArray<decimal> Reconcile { get; } =
    [
        0.005m, 0.01m, 0.025m, 0.05m, 0.1m, 0.15m, 0.2m, 0.25m, 0.3m, 0.35m, 0.4m, 0.45m, 0.5m, 0.6m, 0.7m, 0.8m, 0.9m, 1m, 1.25m, 1.5m,
        1.75m, 2m, 2.5m, 3m, 3.5m, 4m, 4.5m, 5m, 6m, 7m, 8m, 9m, 10m, 15m, 20m, 25m, 30m, 40m, 50m, 60m,
    ];

    /// <summary>Powers of ten as there, without those below the ticks of our clock.</summary>
    public static ImmutableArray<decimal> Queue { get; } = [0.000001m, 0.00001m, 0.0001m, 0.001m, 0.01m, 0.1m, 1m, 10m, 100m, 1000m];

    /// <summary>Close together where a change should be live (0.3 s in the middle, 1 s at the most).</summary>
    public static ImmutableArray<decimal> Propagation { get; } =
        [0.025m, 0.05m, 0.1m, 0.15m, 0.2m, 0.3m, 0.4m, 0.5m, 0.75m, 1m, 1.5m, 2m, 3m, 5m, 10m, 30m, 60m, 300m];
}
