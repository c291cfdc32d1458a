using System.Diagnostics.CodeAnalysis;

namespace Operator.Kubernetes;

/// <summary>What a call gave: a value, or why there is none.</summary>
internal sealed record ApiOutcome<T>
    where T : class
{
    private ApiOutcome(T? value, ApiFailure? failure)
    {
        Value = value;
        Failure = failure;
    }

    /// <summary>Null where the call failed.</summary>
    public T? Value { get; }

    /// <summary>Null where it did not.</summary>
    public ApiFailure? Failure { get; }

    /// <summary>Whether there is a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Failure))]
    public bool IsSuccess => Value is not null;

    public static implicit operator ApiOutcome<T>(T value) => new(value, null);

    public static implicit operator ApiOutcome<T>(ApiFailure failure) => new(null, failure);

    /// <summary>Whether it failed for this reason.</summary>
    public bool FailedBy(ApiFailureReason reason) => Failure?.Reason == reason;
}
