using System.Collections.Immutable;
using Operator.Push;

namespace Operator.Telemetry;

/// <summary>How a pod stands to the config that is wanted: values of the label <c>state</c>.</summary>
internal enum PodConfigState
{
    /// <summary>Serves it.</summary>
    Acknowledged,

    /// <summary>Answers, and serves an older one, another one or none; or has not been asked yet.</summary>
    Lagging,

    /// <summary>Found faults in it.</summary>
    Rejected,

    /// <summary>Does not answer, whatever it serves.</summary>
    Unreachable,
}

/// <summary>Tells the states apart.</summary>
internal static class PodConfigStates
{
    /// <summary>All states, in the order of their numbers.</summary>
    public static ImmutableArray<PodConfigState> All { get; } = [.. Enum.GetValues<PodConfigState>()];

    public static PodConfigState Of(PodState pod, StampedConfig? wanted) => pod switch
    {
        { IsReachable: false, Outcome: not null } => PodConfigState.Unreachable,
        _ when wanted is not null && pod.Serves(wanted) => PodConfigState.Acknowledged,
        { Outcome: PushOutcome.Rejected } => PodConfigState.Rejected,
        _ => PodConfigState.Lagging,
    };
}
