using System.Collections.Immutable;

namespace Support.Cluster;

/// <summary>How a <see cref="Kubelet"/> runs its pods.</summary>
public sealed record KubeletOptions
{
    /// <summary>The program of the container <c>gateway</c>.</summary>
    public required string GatewayProgram { get; init; }

    /// <summary>Variables on top of the container's own.</summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>
    /// How long a change of a Secret takes to reach the files of a pod. Default 0.2 s. A real kubelet takes up to a minute and more:
    /// https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod
    /// </summary>
    public TimeSpan SecretDelay { get; init; } = TimeSpan.FromSeconds(0.2);

    /// <summary>Between the end of a process and its next start in the same pod. Default 0.5 s; a real kubelet: 10 s, then longer.</summary>
    public TimeSpan RestartDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>A pod that is deleted and has not ended after so long is killed; never later than its own grace period. Default: that.</summary>
    public TimeSpan MaxGrace { get; init; } = TimeSpan.MaxValue;
}
