using System.Collections.Immutable;

namespace Operator.Kubernetes;

/// <summary>Why a call did not do what it should. A closed set: each has its own consequence.</summary>
internal enum ApiFailureReason
{
    /// <summary>404: there is no such object.</summary>
    NotFound,

    /// <summary>404: the server does not know the kind; its CustomResourceDefinition is not installed.</summary>
    UnknownResource,

    /// <summary>409: an object of that name is there already.</summary>
    AlreadyExists,

    /// <summary>409: the object has changed since it was read, or another manager owns a field.</summary>
    Conflict,

    /// <summary>401: the server does not know who calls.</summary>
    Unauthorized,

    /// <summary>403: RBAC, a quota, or a namespace that is being deleted.</summary>
    Forbidden,

    /// <summary>422: the object breaks a rule of its schema; see <see cref="ApiFailure.Causes"/>.</summary>
    Invalid,

    /// <summary>400, 405, 406, 413, 415: the request itself is wrong, so one of the two sides has a bug or is too old.</summary>
    BadRequest,

    /// <summary>410: the resourceVersion or continue token is too old; list anew.</summary>
    Gone,

    /// <summary>429, even after the pauses that the server asked for.</summary>
    TooManyRequests,

    /// <summary>5xx. A write may or may not have been done.</summary>
    ServerError,

    /// <summary>No answer in time. A write may or may not have been done.</summary>
    TimedOut,

    /// <summary>No connection, or it broke. A write may or may not have been done.</summary>
    Unreachable,

    /// <summary>The answer is no JSON that we know.</summary>
    Unreadable,
}

/// <summary>A call that failed, mostly as the server's <c>Status</c> says it.</summary>
internal sealed record ApiFailure
{
    /// <summary>The case.</summary>
    public required ApiFailureReason Reason { get; init; }

    /// <summary>For people. Holds nothing of the request's body.</summary>
    public required string Message { get; init; }

    /// <summary>The HTTP status; 0 where there was no answer.</summary>
    public int Code { get; init; }

    /// <summary>The pause that the server asks for; null where it names none.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the server has put it off: it was not done, and may be tried again after a pause.</summary>
    public bool IsPutOff => Reason == ApiFailureReason.TooManyRequests || this is { Code: 503, RetryAfter: not null };

    /// <summary>Whether a rule forbids it (schema, rights, quota, policy): the same again helps once somebody has changed the rule.</summary>
    public bool IsByRule => Reason is ApiFailureReason.Forbidden or ApiFailureReason.Invalid or ApiFailureReason.BadRequest;

    /// <summary>The fields that are wrong, where the server names them.</summary>
    public ImmutableArray<ApiFailureCause> Causes { get; init; } = [];

    public override string ToString() => Code == 0 ? $"{Reason}: {Message}" : $"{Reason} ({Code}): {Message}";
}

/// <summary>One field that is wrong.</summary>
internal sealed record ApiFailureCause(string Field, string Reason, string Message);
