using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>Which lease, as whom, and how long it is good for. The defaults are those of Kubernetes' own controllers.</summary>
internal sealed record LeaseOptions
{
    /// <summary>The lease.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>This process; never used by another, nor by a later start of it.</summary>
    public required string Identity { get; init; }

    /// <summary>With whom the lease goes, when it is this process that makes it; null: it stays. Default null.</summary>
    public OwnerReference? Owner { get; init; }

    /// <summary>So long the others wait after the last change that they have seen. Whole seconds. Default 15 s.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>So long after the beginning of its last good renewal the holder leads. Well below the duration. Default 10 s.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between attempts to take or renew it. Default 2 s.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);
}
