using System.Globalization;
using System.Net.Http.Headers;
using Gateway.Contract;
using Gateway.Server.Config;
using Gateway.Server.Errors;
using Gateway.Server.Streaming;

namespace Gateway.Server.Providers;

/// <summary>Why an attempt brought no answer.</summary>
internal sealed record AttemptFailure
{
    /// <summary>What the client is told when this was the last attempt.</summary>
    public required GatewayError Error { get; init; }

    /// <summary>What another attempt would be a retry of. Null: no other attempt can help.</summary>
    public RetryReason? Reason { get; init; }

    /// <summary>Whether the same target may be tried again, or only another.</summary>
    public bool IsPassing { get; init; }

    /// <summary>Whether it speaks against the target.</summary>
    public bool IsTargets { get; init; }

    /// <summary>Whether the target is left alone at once: only time, or its owner, can mend this.</summary>
    public bool CoolsAtOnce { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The upstream's own answer, when the client gets it as it is.</summary>
    public UpstreamAnswer? Answer { get; init; }

    /// <summary>The headers of the upstream's refusal: its ids tell its support which call it was.</summary>
    public HttpResponseHeaders? Headers { get; init; }

    /// <summary>The client went away.</summary>
    public bool IsClientClosed { get; init; }

    /// <summary>Whether the upstream had the whole request by then.</summary>
    public bool WasSent { get; init; }

    public static AttemptFailure NoConnection(TargetModel target) => new()
    {
        Error = new(
            ErrorKind.UpstreamFailed, $"The upstream `{target.Name}` could not be reached or closed the connection before it answered."),
        Reason = RetryReason.ConnectionFailure,
        IsPassing = true,
        IsTargets = true,
    };

    /// <summary>Only the owner of the config can mend this; another target may do.</summary>
    public static AttemptFailure NotAllowed(string why, TargetModel target) => new()
    {
        Error = new(ErrorKind.UpstreamNotAllowed, $"The upstream `{target.Name}` is not called: {why}."),
        Reason = RetryReason.ConnectionFailure,
        IsTargets = true,
        CoolsAtOnce = true,
    };

    public static AttemptFailure Ended(EndCause cause, TargetModel target) => cause switch
    {
        EndCause.ClientClosed => new() { Error = new(ErrorKind.Internal, "The client closed the connection."), IsClientClosed = true },
        EndCause.Drained =>
            new() { Error = new(ErrorKind.NotReady, "The gateway is shutting down.") { RetryAfter = TimeSpan.FromSeconds(1) } },
        _ => new()
        {
            Error = new(ErrorKind.UpstreamTimeout, $"The upstream `{target.Name}` did not answer in time."),
            Reason = RetryReason.Timeout,
            IsPassing = true,
            IsTargets = true,
        },
    };

    /// <summary>A 2xx answer that failed before anything of it was passed on.</summary>
    public static AttemptFailure BeforeContent(RelayState state, UpstreamFault? fault, EndCause cause, TargetModel target)
    {
        if (state == RelayState.Ended)
            return Ended(cause, target);
        if (fault?.Type == "invalid_request_error")
            return new() { Error = new(ErrorKind.InvalidRequest, Masked(fault.Message, target)) };
        var overloaded = fault?.Type is "overloaded_error" or "rate_limit_error" or "rate_limit_exceeded";
        return new()
        {
            Error = fault is null
                ? new(
                    ErrorKind.UpstreamFailed,
                    $"The upstream `{target.Name}` broke off before the answer began, or sent none that can be read.")
                : new(KindOf(fault), Masked($"The upstream `{target.Name}` reported: {fault.Message}", target)),
            Reason = overloaded ? RetryReason.RateLimited : RetryReason.ServerError,
            IsPassing = true,
            IsTargets = true,
        };
    }

    /// <summary>What the client is told when an answer fails that has begun.</summary>
    public static GatewayError AfterContent(RelayState state, UpstreamFault? fault, EndCause cause, TargetModel target) => state switch
    {
        RelayState.Ended => Ended(cause, target).Error,
        RelayState.Faulted when fault is not null => new(KindOf(fault), Masked(fault.Message, target)),
        _ => new(ErrorKind.UpstreamFailed, $"The upstream `{target.Name}` broke off in the middle of the answer."),
    };

    /// <summary>The upstream answered with another status than 2xx.</summary>
    public static AttemptFailure Refused(int status, byte[] body, bool isJson, TimeSpan? retryAfter, TargetModel target)
    {
        var said = UpstreamFaults.Read(body)?.Message ?? "no reason given";
        var text = string.Create(CultureInfo.InvariantCulture, $"The upstream `{target.Name}` answered {status}: {said}");
        return status switch
        {
            // The account's trouble, not the caller's; and such messages quote keys.
            401 or 402 or 403 => new()
            {
                Error = new(ErrorKind.UpstreamAuthentication, $"The upstream `{target.Name}` does not accept the gateway's credentials."),
                Reason = RetryReason.ServerError,
                IsTargets = true,
                CoolsAtOnce = true,
            },
            429 => new()
            {
                Error = new(ErrorKind.UpstreamRateLimited, text) { RetryAfter = retryAfter },
                Reason = RetryReason.RateLimited,
                IsPassing = true,
                IsTargets = true,
                CoolsAtOnce = true,
                RetryAfter = retryAfter,
            },
            529 => new()
            {
                Error = new(ErrorKind.UpstreamOverloaded, text) { RetryAfter = retryAfter },
                Reason = RetryReason.RateLimited,
                IsPassing = true,
                IsTargets = true,
                CoolsAtOnce = true,
                RetryAfter = retryAfter,
            },
            408 or 425 or 504 => new()
            {
                Error = new(ErrorKind.UpstreamTimeout, text),
                Reason = RetryReason.Timeout,
                IsPassing = true,
                IsTargets = true,
            },
            >= 400 and < 500 => new()
            {
                Error = new(RefusalKind(status), text),
                Answer = new(status, body, isJson),
            },
            _ => new()
            {
                Error = new(status == 503 ? ErrorKind.UpstreamUnavailable : ErrorKind.UpstreamFailed, text) { RetryAfter = retryAfter },
                Reason = RetryReason.ServerError,
                IsPassing = true,
                IsTargets = true,
                RetryAfter = retryAfter,
            },
        };
    }

    private static ErrorKind RefusalKind(int status) => status switch
    {
        404 => ErrorKind.NotFound,
        413 => ErrorKind.RequestTooLarge,
        _ => ErrorKind.InvalidRequest,
    };

    private static ErrorKind KindOf(UpstreamFault fault) => fault.Type switch
    {
        "overloaded_error" => ErrorKind.UpstreamOverloaded,
        "rate_limit_error" or "rate_limit_exceeded" => ErrorKind.UpstreamRateLimited,
        "timeout_error" => ErrorKind.UpstreamTimeout,
        "invalid_request_error" => ErrorKind.InvalidRequest,
        _ => ErrorKind.UpstreamFailed,
    };

    private static string Masked(string text, TargetModel target) =>
        string.IsNullOrEmpty(target.Credential) ? text : text.Replace(target.Credential, "***", StringComparison.Ordinal);
}

/// <summary>An upstream's error as it came, its credentials masked.</summary>
internal sealed record UpstreamAnswer(int Status, byte[] Body, bool IsJson);
