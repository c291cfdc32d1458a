namespace Benchmarks.Spend;

/// <summary>How much of everything.</summary>
internal sealed record MoneyPlan
{
    private static readonly BenchPlan s_load = BenchPlan.Full with { WarmUp = TimeSpan.FromSeconds(5) };

    /// <summary>Of loads through gateways.</summary>
    public required BenchPlan Load { get; init; }

    /// <summary>That a writer brings to the ledger in one round.</summary>
    public required int WrittenRows { get; init; }

    /// <summary>Of the ledger that is reported.</summary>
    public required int ReportedRows { get; init; }

    /// <summary>Of the ledger that counters are made from.</summary>
    public required int CountedRows { get; init; }

    public static MoneyPlan Full { get; } =
        new() { Load = s_load, WrittenRows = 50_000, ReportedRows = 10_000_000, CountedRows = 1_000_000 };

    /// <summary>To see quickly where a change leads; not to be reported.</summary>
    public static MoneyPlan Quick { get; } =
        new() { Load = BenchPlan.Quick, WrittenRows = 10_000, ReportedRows = 200_000, CountedRows = 50_000 };
}
