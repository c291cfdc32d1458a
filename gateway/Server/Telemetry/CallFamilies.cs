using Gateway.Metrics;

namespace Gateway.Server.Telemetry;

/// <summary>What is counted of calls.</summary>
internal sealed class CallFamilies(MetricRegistry registry)
{
    private static readonly string[] s_genAI = ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"];

    public ScalarFamily Requests { get; } = registry.Counter(
        "llm_gateway.requests",
        MetricUnit.One,
        "Calls by what they asked for and how they were answered.",
        "operation", "model", "target", "status");

    public HistogramFamily Duration { get; } = registry.Histogram(
        "llm_gateway.request.duration",
        MetricUnit.Seconds,
        "From the first byte of a request to the last of its answer.",
        Buckets.OperationSeconds,
        "operation", "model");

    public HistogramFamily Overhead { get; } = registry.Histogram(
        "llm_gateway.overhead",
        MetricUnit.Seconds,
        "What the gateway itself added to a call.",
        Buckets.OverheadSeconds,
        "operation");

    public HistogramFamily Upstream { get; } = registry.Histogram(
        "gen_ai.client.operation.duration",
        MetricUnit.Seconds,
        "From sending a call to the provider to the end of its answer.",
        Buckets.OperationSeconds,
        [.. s_genAI, "error.type"]);

    public HistogramFamily FirstToken { get; } = registry.Histogram(
        "gen_ai.client.operation.time_to_first_chunk",
        MetricUnit.Seconds,
        "From sending a streamed call to the provider to the first content of its answer.",
        Buckets.FirstTokenSeconds,
        [.. s_genAI]);

    public HistogramFamily TokenUsage { get; } = registry.Histogram(
        "gen_ai.client.token.usage",
        MetricUnit.Tokens,
        "Tokens of a call, cached ones and reasoning included. Only what is known.",
        Buckets.Tokens,
        [.. s_genAI, "gen_ai.token.type"]);

    public ScalarFamily Tokens { get; } = registry.Counter(
        "llm_gateway.tokens",
        MetricUnit.Tokens,
        "Tokens by kind. The kinds are disjoint, except that reasoning is part of output.",
        "model", "target", "kind");

    public ScalarFamily Cost { get; } = registry.Counter(
        "llm_gateway.cost", MetricUnit.Money, "What calls have cost, in units of the currency.", "model", "target", "currency");

    public ScalarFamily ReservationExcess { get; } = registry.Counter(
        "llm_gateway.reservation_excess",
        MetricUnit.Money,
        "Sum of what calls cost beyond their reservations: the most by which settled spend can stand above the limits.",
        "currency");

    public ScalarFamily Unpriced { get; } = registry.Counter(
        "llm_gateway.unpriced_calls", MetricUnit.One, "Calls that were answered without a known price.", "model", "target");

    public ScalarFamily Estimated { get; } = registry.Counter(
        "llm_gateway.estimated_calls",
        MetricUnit.One,
        "Calls whose cost is an estimate: the provider reported no usage, or a service tier whose rates are not known.",
        "model", "target");

    public ScalarFamily Retries { get; } = registry.Counter(
        "llm_gateway.retries", MetricUnit.One, "Upstream attempts after the first of a call.", "model");

    public ScalarFamily Fallbacks { get; } = registry.Counter(
        "llm_gateway.fallbacks", MetricUnit.One, "Other models tried after the one that was asked for.", "model");
}
