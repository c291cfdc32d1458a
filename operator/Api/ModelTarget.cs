using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Gateway.Contract;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>One upstream model.</summary>
[CelRule("self.provider != 'OpenAICompatible' || has(self.baseURL)", RuleMessages.BaseUrlRequired)]
[CelRule("self.provider != 'Simulated' || !has(self.baseURL)", RuleMessages.BaseUrlOfSimulated)]
[CelRule("self.provider != 'Simulated' || !has(self.credentials)", RuleMessages.CredentialsOfSimulated)]
[CelRule("self.provider == 'Simulated' || !has(self.simulated)", RuleMessages.SimulatedOnly)]
internal sealed record ModelTarget
{
    /// <summary>Unique in the route. Ledger rows and metrics name it.</summary>
    [Text(63, Pattern = Patterns.DnsLabel, Means = Patterns.DnsLabelMeans)]
    public required string Name { get; init; }

    /// <summary>Whose API this is.</summary>
    public required Provider Provider { get; init; }

    /// <summary>The model's name there; default: the route's `model`, or for a pattern the name that the caller used.</summary>
    [Text(253, Pattern = Patterns.PrintableAscii, Means = Patterns.PrintableAsciiMeans)]
    public string? UpstreamModel { get; init; }

    /// <summary>Root of the API, with its `/v1` where there is one; default: the provider's own.</summary>
    [Text(1024, Pattern = Patterns.HttpUrl, Means = Patterns.HttpUrlMeans, Sensitive = true), JsonPropertyName("baseURL")]
    [CelRule("isURL(self)", RuleMessages.NotAUrl)]
    public string? BaseUrl { get; init; }

    /// <summary>The credential that is sent; default: none.</summary>
    public TargetCredentials? Credentials { get; init; }

    /// <summary>How the simulated provider answers, with `provider: Simulated`.</summary>
    public SimulatedSpec? Simulated { get; init; }

    /// <summary>Lower is tried first.</summary>
    [Bounds(0, 100)]
    public int Priority { get; init; }

    /// <summary>Share among targets of equal priority; 0: only when the others have failed.</summary>
    [Bounds(0, 1000)]
    public int Weight { get; init; } = 1;

    /// <summary>Time-outs; default: the gateway's.</summary>
    public TimeoutsSpec? Timeouts { get; init; }

    /// <summary>Headers set on each upstream request. Credentials belong into `credentials`.</summary>
    [Entries(16, KeyMaxLength = 128, KeyPattern = Patterns.HeaderName, KeyMeans = Patterns.HeaderNameMeans)]
    [Text(1024, MinLength = 0, Pattern = Patterns.HeaderValue, Means = Patterns.HeaderValueMeans, Sensitive = true)]
    public ImmutableSortedDictionary<string, string> Headers { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Whether the upstream understands `stream_options.include_usage`.</summary>
    public StreamUsage StreamUsage { get; init; } = StreamUsage.Supported;

    /// <summary>
    /// What it costs; default: as the built-in price table says. A model that neither knows is unpriced, which is not free.
    /// </summary>
    public PricingSpec? Pricing { get; init; }
}

/// <summary>Whether an upstream reports usage in streams when asked to.</summary>
internal enum StreamUsage
{
    /// <summary>It does.</summary>
    Supported,

    /// <summary>It refuses the question: usage of streams is estimated.</summary>
    Unsupported,
}

/// <summary>What is sent to the provider as proof of identity.</summary>
internal sealed record TargetCredentials
{
    /// <summary>The API key, in a Secret of the same namespace.</summary>
    public required SecretKeyReference SecretRef { get; init; }
}

/// <summary>Rates per million tokens, and fees per 1,000 uses of a tool, as decimals. `"0"` is free.</summary>
internal sealed record PricingSpec
{
    /// <summary>ISO 4217.</summary>
    [Text(3, Pattern = Patterns.Currency, Means = Patterns.CurrencyMeans)]
    public string Currency { get; init; } = "USD";

    /// <summary>Prompt tokens that no cache served.</summary>
    [Text(17, Pattern = Patterns.Rate, Means = Patterns.RateMeans)]
    public required string Input { get; init; }

    /// <summary>Answer tokens, reasoning included.</summary>
    [Text(17, Pattern = Patterns.Rate, Means = Patterns.RateMeans)]
    public required string Output { get; init; }

    /// <summary>Prompt tokens read from the provider's cache; default: as `input`.</summary>
    [Text(17, Pattern = Patterns.Rate, Means = Patterns.RateMeans)]
    public string? CacheRead { get; init; }

    /// <summary>Prompt tokens written to it for five minutes; default: as `input`.</summary>
    [Text(17, Pattern = Patterns.Rate, Means = Patterns.RateMeans)]
    public string? CacheWrite5m { get; init; }

    /// <summary>Prompt tokens written to it for an hour; default: as `cacheWrite5m`.</summary>
    [Text(17, Pattern = Patterns.Rate, Means = Patterns.RateMeans)]
    public string? CacheWrite1h { get; init; }

    /// <summary>
    /// 1,000 searches of the web by the provider's own tool; default: not known, and calls that search are marked as estimates.
    /// </summary>
    [Text(17, Pattern = Patterns.Rate, Means = Patterns.RateMeans)]
    public string? WebSearch { get; init; }

    /// <summary>1,000 searches in uploaded files by the provider's own tool; default: as for `webSearch`.</summary>
    [Text(17, Pattern = Patterns.Rate, Means = Patterns.RateMeans)]
    public string? FileSearch { get; init; }
}
