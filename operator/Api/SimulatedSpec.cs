using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>How the simulated provider answers. All counts are per answer.</summary>
[CelRule("!has(self.faultRetryAfterSeconds) || has(self.faultStatus)", RuleMessages.RetryAfterWithoutFault)]
[CelRule("!(has(self.cutAfterChunks) && has(self.errorAfterChunks))", RuleMessages.CutOrError)]
internal sealed record SimulatedSpec
{
    /// <summary>Before the first byte.</summary>
    [Bounds(0, 600_000)]
    public int LatencyMilliseconds { get; init; }

    /// <summary>Between two chunks of a stream.</summary>
    [Bounds(0, 600_000)]
    public int ChunkMilliseconds { get; init; }

    /// <summary>Prompt tokens reported; default: estimated from the prompt.</summary>
    [Bounds(0, 100_000_000)]
    public int? PromptTokens { get; init; }

    /// <summary>Words of output, one token each. The caller's own limit, when lower, wins.</summary>
    [Bounds(0, 1_000_000)]
    public int CompletionTokens { get; init; } = 16;

    /// <summary>Prompt tokens reported as read from a cache.</summary>
    [Bounds(0, 100_000_000)]
    public int CachedTokens { get; init; }

    /// <summary>Text to answer with instead of made-up words.</summary>
    [Text(65_536, MinLength = 0)]
    public string? Text { get; init; }

    /// <summary>Calls the first tool that the request offers.</summary>
    public bool CallTools { get; init; }

    /// <summary>Answer with this status and an error body instead.</summary>
    [Bounds(400, 599)]
    public int? FaultStatus { get; init; }

    /// <summary>Seconds in the `retry-after` header of a faulty answer.</summary>
    [Bounds(0, 86_400)]
    public int? FaultRetryAfterSeconds { get; init; }

    /// <summary>How many of 100 calls meet the fault.</summary>
    [Bounds(0, 100)]
    public int FaultPercent { get; init; } = 100;

    /// <summary>Cut a stream's connection after so many chunks.</summary>
    [Bounds(0, 1_000_000)]
    public int? CutAfterChunks { get; init; }

    /// <summary>Send an error event in the stream after so many chunks, then end it.</summary>
    [Bounds(0, 1_000_000)]
    public int? ErrorAfterChunks { get; init; }
}
