namespace Gateway.Server.Errors;

/// <summary>One row of the table: what an <see cref="ErrorKind"/> is on the wire.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="OpenAIType"><c>error.type</c> in the OpenAI envelope.</param>
/// <param name="Code"><c>error.code</c> in the OpenAI envelope, always a string.</param>
/// <param name="AnthropicType"><c>error.type</c> in the Anthropic envelope.</param>
internal sealed record ErrorRow(int Status, string OpenAIType, string Code, string AnthropicType)
{
    /// <summary>Whether <c>retry-after</c> is sent to OpenAI clients: their SDK sleeps through it, however long it is.</summary>
    public bool RetryAfterForOpenAI { get; init; } = true;
}

/// <summary>
/// The one table of errors. Types by https://platform.openai.com/docs/guides/error-codes and https://docs.anthropic.com/en/api/errors.
/// </summary>
internal static class ErrorTable
{
    public static ErrorRow Row(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidApiKey => new(401, "authentication_error", "invalid_api_key", "authentication_error"),
        ErrorKind.ExpiredKey => new(401, "authentication_error", "expired_key", "authentication_error"),
        ErrorKind.BlockedKey => new(401, "authentication_error", "blocked_key", "authentication_error"),
        ErrorKind.KeyModelAccessDenied => new(403, "permission_error", "key_model_access_denied", "permission_error"),
        ErrorKind.ModelNotPriced => new(403, "permission_error", "model_not_priced", "permission_error"),
        ErrorKind.ModelNotFound => new(404, "invalid_request_error", "model_not_found", "not_found_error"),
        ErrorKind.NotFound => new(404, "invalid_request_error", "not_found", "not_found_error"),
        ErrorKind.MethodNotAllowed => new(405, "invalid_request_error", "method_not_allowed", "invalid_request_error"),
        ErrorKind.InvalidRequest => new(400, "invalid_request_error", "invalid_request_error", "invalid_request_error"),
        ErrorKind.UnsupportedDialect => new(400, "invalid_request_error", "unsupported_dialect", "invalid_request_error"),
        ErrorKind.RequestTimeout => new(408, "invalid_request_error", "request_timeout", "invalid_request_error"),
        ErrorKind.RequestTooLarge => new(413, "invalid_request_error", "request_too_large", "request_too_large"),
        ErrorKind.UnsupportedContentEncoding => new(415, "invalid_request_error", "unsupported_content_encoding", "invalid_request_error"),
        ErrorKind.UnsupportedContentType => new(415, "invalid_request_error", "unsupported_content_type", "invalid_request_error"),
        ErrorKind.RateLimited => new(429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_error"),
        ErrorKind.BudgetExceeded => new(429, "budget_exceeded", "budget_exceeded", "rate_limit_error") { RetryAfterForOpenAI = false },
        ErrorKind.BudgetReserved => new(429, "rate_limit_error", "budget_reserved", "rate_limit_error"),
        ErrorKind.UpstreamRateLimited => new(429, "rate_limit_error", "upstream_rate_limited", "rate_limit_error"),
        ErrorKind.UpstreamOverloaded => new(529, "rate_limit_error", "upstream_overloaded", "overloaded_error"),
        ErrorKind.UpstreamAuthentication => new(502, "api_error", "upstream_authentication_error", "api_error"),
        ErrorKind.UpstreamNotAllowed => new(502, "api_error", "upstream_not_allowed", "api_error"),
        ErrorKind.UpstreamFailed => new(502, "api_error", "upstream_error", "api_error"),
        ErrorKind.UpstreamUnavailable => new(503, "api_error", "upstream_unavailable", "api_error"),
        ErrorKind.UpstreamTimeout => new(504, "api_error", "upstream_timeout", "timeout_error"),
        ErrorKind.BudgetStoreUnavailable => new(503, "api_error", "budget_store_unavailable", "api_error"),
        ErrorKind.ReportUnavailable => new(503, "api_error", "report_unavailable", "api_error"),
        ErrorKind.OutOfBodyMemory => new(503, "api_error", "out_of_memory_for_bodies", "api_error"),
        ErrorKind.NotReady => new(503, "api_error", "not_ready", "api_error"),
        ErrorKind.Internal => new(500, "api_error", "internal_error", "api_error"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "has no row"),
    };
}
