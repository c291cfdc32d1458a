using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>What becomes of a gateway's resources.</summary>
internal sealed record Translation
{
    /// <summary>
    /// The config, with revision 0 and no hash: whoever pushes it stamps both. Null when the LlmGateway itself is invalid and has never
    /// been valid: then nothing can be said to a gateway.
    /// </summary>
    public required ConfigSnapshot? Config { get; init; }

    /// <summary>Every problem, in the order of kind, namespace, name, field.</summary>
    public required ImmutableArray<Finding> Findings { get; init; }

    /// <summary>One for each object of the inputs, in the same order.</summary>
    public required ImmutableArray<Verdict> Verdicts { get; init; }

    /// <summary>Next inputs' <see cref="TranslateInputs.LastValid"/>, once a pod has acknowledged the config.</summary>
    public required LastValidVersions LastValid { get; init; }

    /// <summary>
    /// The first moment after <see cref="TranslateInputs.Now"/> at which the same inputs give another result or status: a price takes
    /// effect, a key expires, the overlap of a rotation ends. Null: none is known.
    /// </summary>
    public DateTimeOffset? NextChange { get; init; }
}

/// <summary>A problem of one object.</summary>
internal sealed record Finding
{
    /// <summary>The object at fault.</summary>
    public required ObjectReference Object { get; init; }

    /// <summary>The condition that it belongs to, see <see cref="ConditionTypes"/>.</summary>
    public required string ConditionType { get; init; }

    /// <summary>The condition's status; <see cref="ConditionStatus.True"/> for a warning.</summary>
    public required ConditionStatus Status { get; init; }

    /// <summary>See <see cref="ConditionReasons"/>.</summary>
    public required string Reason { get; init; }

    /// <summary>Path of the field, as <c>spec.targets[1].baseURL</c>; empty where it is the object as a whole.</summary>
    public string Field { get; init; } = "";

    /// <summary>What is wrong and what would be right. Holds no secrets.</summary>
    public required string Message { get; init; }

    /// <summary>Whether it keeps something from working.</summary>
    public Severity Severity { get; init; }
}

/// <summary>Whether a finding keeps something from working.</summary>
internal enum Severity
{
    /// <summary>It does.</summary>
    Error,

    /// <summary>It does not, but is probably not as meant.</summary>
    Warning,
}

/// <summary>Where one object stands.</summary>
internal sealed record Verdict
{
    /// <summary>The object, as it was given.</summary>
    public required ObjectReference Object { get; init; }

    /// <summary>Whether the spec is valid and the gateway takes it.</summary>
    public required Judgement Accepted { get; init; }

    /// <summary>Whether all that it names is there.</summary>
    public required Judgement ResolvedRefs { get; init; }

    /// <summary>Whether every target has a price; null for other kinds than ModelRoute.</summary>
    public Judgement? Priced { get; init; }

    /// <summary>
    /// The generation that the config carries; below that of <see cref="Object"/> when the last valid version stands in; null when the
    /// object is not in the config.
    /// </summary>
    public long? CarriedGeneration { get; init; }

    /// <summary>The annotation <c>llmgateway.dev/paused</c> keeps the object as it was.</summary>
    public bool IsPaused { get; init; }
}

/// <summary>The content of a condition, without its times.</summary>
/// <param name="Status">Whether it holds.</param>
/// <param name="Reason">See <see cref="ConditionReasons"/>.</param>
/// <param name="Message">For people; all problems, one sentence each.</param>
internal sealed record Judgement(ConditionStatus Status, string Reason, string Message);
