namespace Operator.Push;

/// <summary>Where one gateway can be told its config.</summary>
internal sealed record PodEndpoint
{
    /// <summary>Name of the pod, or of what stands for it.</summary>
    public required string Name { get; init; }

    /// <summary>Root of its admin port, as <c>https://10.0.0.7:4001</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>
    /// Whether its probes say that it serves; null where nobody probes it and its own word counts. Ready pods are asked first.
    /// </summary>
    public bool? IsReady { get; init; }
}
