using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>
/// The server's word on a call that failed.
/// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
/// </summary>
internal sealed record ApiStatus
{
    private const int MaxMessageLength = 1024;

    public string? Kind { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public int Code { get; init; }

    public StatusDetails? Details { get; init; }

    /// <summary>Of an answer that is no success. The body may be anything: proxies answer, too.</summary>
    public static ApiFailure Failure(HttpResponseMessage response, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var status = Read(body) is { Kind: "Status" } read ? read : new();
        return status.ToFailure((int)response.StatusCode, RetryAfter(response.Headers.RetryAfter, now));
    }

    /// <summary>Of the <c>Status</c> that an ERROR event of a watch carries.</summary>
    public static ApiFailure Failure(JsonElement status)
    {
        var read = Read(JsonMarshal.GetRawUtf8Value(status)) ?? new();
        return read.ToFailure(read.Code, header: null);
    }

    private ApiFailure ToFailure(int code, TimeSpan? header)
    {
        var message = string.IsNullOrEmpty(Message) ? $"the server answered {code}" : Message;
        return new()
        {
            Reason = ReasonOf(code),
            Code = code,
            Message = BoundedText.Cut(message, MaxMessageLength),
            RetryAfter = header ?? (Details is { RetryAfterSeconds: > 0 and var seconds } ? TimeSpan.FromSeconds(seconds) : null),
            Causes = [.. (Details?.Causes ?? []).Select(c => new ApiFailureCause(c.Field ?? "", c.Reason ?? "", c.Message ?? ""))],
        };
    }

    private ApiFailureReason ReasonOf(int code) => code switch
    {
        401 => ApiFailureReason.Unauthorized,
        403 => ApiFailureReason.Forbidden,
        // Without the name of an object the path itself is unknown: https://github.com/kubernetes/kubernetes/issues/26153
        404 => string.IsNullOrEmpty(Details?.Name) ? ApiFailureReason.UnknownResource : ApiFailureReason.NotFound,
        409 => Reason == "AlreadyExists" ? ApiFailureReason.AlreadyExists : ApiFailureReason.Conflict,
        410 => ApiFailureReason.Gone,
        422 => ApiFailureReason.Invalid,
        429 => ApiFailureReason.TooManyRequests,
        >= 500 => ApiFailureReason.ServerError,
        _ => Reason is "Expired" or "Gone" ? ApiFailureReason.Gone : ApiFailureReason.BadRequest,
    };

    /// <summary>Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after</summary>
    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? header, DateTimeOffset now)
    {
        var pause = header?.Delta ?? (header?.Date - now);
        return pause < TimeSpan.Zero ? TimeSpan.Zero : pause;
    }

    private static ApiStatus? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<ApiStatus>(json, ApiJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What the failure is about.</summary>
internal sealed record StatusDetails
{
    public string? Name { get; init; }

    public int RetryAfterSeconds { get; init; }

    public ImmutableArray<StatusCause> Causes { get; init; } = [];
}

/// <summary>One field that is wrong.</summary>
internal sealed record StatusCause
{
    public string? Reason { get; init; }

    public string? Message { get; init; }

    public string? Field { get; init; }
}
