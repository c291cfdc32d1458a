namespace Benchmarks.Spend;

/// <summary>What it costs to count money: in four gateway processes, one Postgres (fsync on) and one Redis, all on this machine.</summary>
internal static class MoneyBench
{
    public const string Name = "money";

    /// <summary>The exit code.</summary>
    /// <param name="chosen">Parts by name, all of them where there are none; <c>quick</c> makes everything smaller.</param>
    public static async Task<int> RunAsync(IReadOnlyCollection<string> chosen)
    {
        var plan = chosen.Contains("quick") ? MoneyPlan.Quick : MoneyPlan.Full;
        var parts = chosen.Where(c => c != "quick").ToHashSet(StringComparer.Ordinal);
        var report = new Report();
        if (IsChosen("check") || IsChosen("latency"))
        {
            using var tiers = await Tiers.StartAsync();
            if (IsChosen("check"))
                report.Add(CheckCost.Measure(tiers, plan.Load));
            if (IsChosen("latency"))
                report.Add(CheckLatency.Measure(tiers, plan.Load));
        }

        if (IsChosen("writer"))
            report.Add(await LedgerRate.MeasureAsync(plan));
        if (IsChosen("report"))
            report.Add(await ReportTime.MeasureAsync(plan));
        if (IsChosen("rebuild"))
            report.Add(await Rebuilding.MeasureAsync(plan));
        report.Write("artifacts/bench-money.json");
        return 0;

        bool IsChosen(string part) => parts.Count == 0 || parts.Contains(part);
    }
}
