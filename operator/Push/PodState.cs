using Gateway.Contract;

namespace Operator.Push;

/// <summary>What is known of one pod. Immutable; replaced as a whole.</summary>
internal sealed record PodState
{
    /// <summary>The pod.</summary>
    public required PodEndpoint Pod { get; init; }

    /// <summary>What became of the last push; null before the first.</summary>
    public PushOutcome? Outcome { get; init; }

    /// <summary>The revision that <see cref="Outcome"/> speaks of.</summary>
    public long OfferedRevision { get; init; }

    /// <summary>And the hash: after a restore of the API server one revision can have stood for two configs.</summary>
    public string OfferedHash { get; init; } = "";

    /// <summary>The revision that it last acknowledged; 0: none.</summary>
    public long AcknowledgedRevision { get; init; }

    /// <summary>And the hash of that.</summary>
    public string AcknowledgedHash { get; init; } = "";

    /// <summary>When it did.</summary>
    public DateTimeOffset? AcknowledgedTime { get; init; }

    /// <summary>Its last answer to <c>GET /config/status</c>, with the counters of the budgets.</summary>
    public ConfigStatus? Status { get; init; }

    /// <summary>Whether it answers.</summary>
    public bool IsReachable { get; init; }

    /// <summary>False where somebody who has seen the other has something new to look at.</summary>
    public bool SaysTheSameAs(PodState other) =>
        this with { Status = null } == other with { Status = null }
        && (Status is null ? other.Status is null : other.Status is not null && Status.SaysTheSameAs(other.Status));

    /// <summary>Whether it serves exactly this config.</summary>
    public bool Serves(StampedConfig config) => AcknowledgedRevision == config.Revision && AcknowledgedHash == config.Hash;

    /// <summary>Whether it has judged exactly this config, so that the same push would get the same answer.</summary>
    public bool HasJudged(StampedConfig config) =>
        OfferedRevision == config.Revision && OfferedHash == config.Hash && Outcome is { IsVerdict: true };
}
