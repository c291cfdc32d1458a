using Operator.Push;
using Operator.Translate;

namespace Operator.Reconcile;

/// <summary>What a reconcile has come to.</summary>
internal sealed record ReconcileOutcome
{
    /// <summary>The inputs as they were translated last, with what pods have refused.</summary>
    public required TranslateInputs Inputs { get; init; }

    /// <summary>What became of the resources.</summary>
    public required Translation Translation { get; init; }

    /// <summary>The config that is wanted on every pod; null where there is none.</summary>
    public StampedConfig? Config { get; init; }

    /// <summary>What the first pod that answered said to it; null: none did.</summary>
    public PushOutcome? Answer { get; init; }
}
