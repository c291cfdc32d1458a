namespace Benchmarks;

/// <summary>How long everything takes.</summary>
internal sealed record BenchPlan
{
    /// <summary>Interleaved rounds; figures are medians over them.</summary>
    public required int Rounds { get; init; }

    /// <summary>Of one server in one round.</summary>
    public required TimeSpan Round { get; init; }

    /// <summary>Before the first round, for each server and kind of load.</summary>
    public required TimeSpan WarmUp { get; init; }

    public static BenchPlan Full { get; } = new() { Rounds = 5, Round = TimeSpan.FromSeconds(5), WarmUp = TimeSpan.FromSeconds(10) };

    /// <summary>To see quickly where a change leads; not to be reported.</summary>
    public static BenchPlan Quick { get; } = new() { Rounds = 3, Round = TimeSpan.FromSeconds(2), WarmUp = TimeSpan.FromSeconds(4) };
}
