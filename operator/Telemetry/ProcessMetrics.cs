using System.Diagnostics;
using Gateway.Metrics;

namespace Operator.Telemetry;

/// <summary>
/// What every process shows: <c>process_*</c> as https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics names it, and
/// the memory of .NET.
/// </summary>
internal static class ProcessMetrics
{
    public static void Register(MetricRegistry registry)
    {
        using var self = Process.GetCurrentProcess();
        var started = (decimal)(self.StartTime.ToUniversalTime() - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond;
        registry.Observe(
            MetricKind.Counter,
            "process_cpu_seconds",
            MetricUnit.Seconds,
            "Processor time that the process has used, user and system.",
            () => (decimal)Environment.CpuUsage.TotalTime.Ticks / TimeSpan.TicksPerSecond);
        registry.Observe(
            MetricKind.Gauge,
            "process_resident_memory_bytes",
            MetricUnit.Bytes,
            "Memory of the process that is in RAM.",
            () => Environment.WorkingSet);
        registry.Observe(
            MetricKind.Gauge, "process_start_time_seconds", MetricUnit.Seconds, "Unix time at which the process started.", () => started);
        registry.Observe(
            MetricKind.Gauge,
            "dotnet_total_memory_bytes",
            MetricUnit.Bytes,
            "Memory on the managed heap, what is not yet collected included.",
            () => GC.GetTotalMemory(forceFullCollection: false));
        registry.Observe(
            MetricKind.Counter,
            "dotnet_collection_count",
            MetricUnit.One,
            "Garbage collections, by the oldest generation collected.",
            ["generation"],
            () => Enumerable.Range(0, GC.MaxGeneration + 1).Select(g => new Sample(Collections(g), $"{g}")));
    }

    /// <summary>The runtime counts a collection of a generation for all younger ones too.</summary>
    private static int Collections(int generation) =>
        GC.CollectionCount(generation) - (generation < GC.MaxGeneration ? GC.CollectionCount(generation + 1) : 0);
}
