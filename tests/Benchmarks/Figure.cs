namespace Benchmarks;

/// <summary>One measured figure.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The median over the rounds.</param>
/// <param name="Unit">Of value and target.</param>
/// <param name="Target">What it may be at most, or at least; null for a figure that is only reported.</param>
/// <param name="Detail">What it was computed from.</param>
internal sealed record Figure(string Name, double Value, string Unit, double? Target, string Detail)
{
    /// <summary>The target is the least that it may be.</summary>
    public bool IsRate { get; init; }

    public string Verdict => Target is null ? "" : (IsRate ? Value >= Target : Value <= Target) ? "met" : "MISSED";
}
