using Operator.Kubernetes;

namespace Operator.Tests.Kubernetes;

internal static class Outcomes
{
    public static ApiFailure ShouldFailBy<T>(this ApiOutcome<T> outcome, ApiFailureReason reason)
        where T : class
    {
        outcome.Value.ShouldBeNull();
        outcome.Failure!.Reason.ShouldBe(reason, outcome.Failure.ToString());
        return outcome.Failure;
    }
}
