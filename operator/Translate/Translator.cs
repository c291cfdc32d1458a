namespace Operator.Translate;

/// <summary>Turns the resources of one gateway into its config and findings. Pure: equal inputs give an equal result.</summary>
internal static class Translator
{
    /// <summary>Never fails: whatever is wrong with an object is a finding, and never keeps another object out.</summary>
    public static Translation Translate(TranslateInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return new()
        {
            Config = null,
            Findings = [],
            Verdicts = [],
            LastValid = inputs.LastValid,
        };
    }
}
