namespace Operator.Kubernetes;

/// <summary>How patient the client is.</summary>
internal sealed record KubernetesClientOptions
{
    /// <summary>For each attempt of a call, and until the first byte of a watch. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a call is tried, the first time included. Default 5.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>A server that asks for a longer pause is not waited for: the call fails and says how long. Default 30 s.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between attempts where the server names no pause.</summary>
    public required Backoff Backoff { get; init; }

    /// <summary>How the calls are named in the server's audit log.</summary>
    public string UserAgent { get; init; } = "llm-gateway-operator";

    /// <summary>Is told of every attempt, from any thread, once its headers are there or will not come. Default: nobody is.</summary>
    public Action<ApiAttempt>? Attempted { get; init; }
}
