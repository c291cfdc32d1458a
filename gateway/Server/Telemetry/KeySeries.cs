using Gateway.Metrics;

namespace Gateway.Server.Telemetry;

/// <summary>What is counted by key, where that is wanted: there may be very many keys.</summary>
internal sealed class KeyFamilies(MetricRegistry registry)
{
    public ScalarFamily Requests { get; } = registry.Counter("llm_gateway.key.requests", MetricUnit.One, "Calls by key.", "key");

    public ScalarFamily Tokens { get; } = registry.Counter("llm_gateway.key.tokens", MetricUnit.Tokens, "Tokens by key.", "key");

    public ScalarFamily Cost { get; } = registry.Counter(
        "llm_gateway.key.cost", MetricUnit.Money, "What calls have cost by key, in units of the currency.", "key", "currency");
}

/// <summary>The series of one key.</summary>
internal sealed class KeySeries(KeyFamilies families, string key)
{
    private readonly Series _requests = families.Requests.With(key);
    private readonly Series _tokens = families.Tokens.With(key);

    public void Count(in CallRecord call)
    {
        _requests.Increment();
        _tokens.Add(call.Usage?.Total ?? 0);
        if (call.Currency is { } currency)
            families.Cost.With(key, currency).Add(call.Cost.Nanos);
    }
}
