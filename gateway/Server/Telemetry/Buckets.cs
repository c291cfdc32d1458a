using System.Collections.Immutable;

namespace Gateway.Server.Telemetry;

/// <summary>Upper bounds of histograms.</summary>
internal static class Buckets
{
    /// <summary>
    /// Seconds, as https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ advises for gen_ai.client.operation.duration.
    /// </summary>
    public static readonly ImmutableArray<decimal> OperationSeconds =
        [0.01m, 0.02m, 0.04m, 0.08m, 0.16m, 0.32m, 0.64m, 1.28m, 2.56m, 5.12m, 10.24m, 20.48m, 40.96m, 81.92m];

    /// <summary>Seconds, advised there for the time to the first token.</summary>
    public static readonly ImmutableArray<decimal> FirstTokenSeconds =
        [0.001m, 0.005m, 0.01m, 0.02m, 0.04m, 0.06m, 0.08m, 0.1m, 0.25m, 0.5m, 0.75m, 1m, 2.5m, 5m, 7.5m, 10m];

    /// <summary>Tokens, advised there for gen_ai.client.token.usage.</summary>
    public static readonly ImmutableArray<decimal> Tokens =
        [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

    /// <summary>Seconds. What the gateway itself takes is well below a millisecond, so that is where the buckets are.</summary>
    public static readonly ImmutableArray<decimal> OverheadSeconds =
        [0.00005m, 0.0001m, 0.0002m, 0.0003m, 0.0005m, 0.00075m, 0.001m, 0.002m, 0.005m, 0.01m, 0.05m, 0.25m, 1m];
}
