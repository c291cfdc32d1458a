using Gateway.Contract;

namespace Gateway.Server.Config;

/// <summary>What became of a push. In every case but the first the model that was live stays live.</summary>
internal enum PushResult
{
    /// <summary>200: it is live, now or already.</summary>
    Accepted,

    /// <summary>409: older, another content for the same revision, or another gateway's.</summary>
    Conflict,

    /// <summary>422: every problem is named.</summary>
    Invalid,

    /// <summary>415: a schema that this build does not speak.</summary>
    UnknownSchema,

    /// <summary>400: no snapshot, or not the one whose hash it carries.</summary>
    Malformed,
}

/// <summary>The answer to a push.</summary>
internal readonly record struct PushOutcome(PushResult Result, PushReply Reply);
