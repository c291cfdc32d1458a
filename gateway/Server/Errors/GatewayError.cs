using System.Collections.Immutable;

namespace Gateway.Server.Errors;

/// <summary>The closed list of what a caller can be told. Everything else is <see cref="Internal"/>.</summary>
internal enum ErrorKind
{
    InvalidApiKey,
    ExpiredKey,
    BlockedKey,
    KeyModelAccessDenied,
    ModelNotFound,
    InvalidRequest,
    UnsupportedContentEncoding,
    UnsupportedContentType,
    RequestTooLarge,
    RequestTimeout,
    NotFound,
    MethodNotAllowed,
    UnsupportedDialect,
    RateLimited,
    BudgetExceeded,
    BudgetReserved,
    ModelNotPriced,
    UpstreamAuthentication,
    UpstreamRateLimited,
    UpstreamOverloaded,
    UpstreamNotAllowed,
    UpstreamFailed,
    UpstreamUnavailable,
    UpstreamTimeout,
    BudgetStoreUnavailable,
    ReportUnavailable,
    OutOfBodyMemory,
    NotReady,
    Internal,
}

/// <summary>An expected failure, as a value. The message is for the caller: it holds no secrets and says what to do.</summary>
internal sealed record GatewayError(ErrorKind Kind, string Message)
{
    /// <summary>The request field at fault.</summary>
    public string? Param { get; init; }

    /// <summary>Sent as <c>retry-after</c>, in whole seconds, where the table allows it.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Another status than the table's: an upstream's own, kept where its body cannot be.</summary>
    public int? Status { get; init; }

    /// <summary>Further headers of the answer.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];
}
