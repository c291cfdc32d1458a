using Support.ControlPlane;

namespace Benchmarks.Cluster;

/// <summary>
/// The operator's figures with three gateway processes behind one LlmGateway, on a real API server or not at all.
/// </summary>
internal static class OperatorBench
{
    public const string Name = "operator";

    /// <summary>The exit code.</summary>
    /// <param name="chosen">Parts by name, all of them where there are none; <c>quick</c> makes everything smaller.</param>
    public static async Task<int> RunAsync(IReadOnlyCollection<string> chosen)
    {
        if (ControlPlaneBinaries.MissingControllers is { } missing)
        {
            await Console.Error.WriteLineAsync($"bench-operator counts on a real API server only: {missing}");
            return 1;
        }

        var plan = chosen.Contains("quick") ? OperatorPlan.Quick : OperatorPlan.Full;
        var parts = chosen.Where(c => c != "quick").ToHashSet(StringComparer.Ordinal);
        var report = new Report();
        await using var cluster = await BenchCluster.StartAsync();
        if (IsChosen("ack"))
            report.Add(await Acknowledgement.MeasureAsync(cluster, plan));
        if (parts.Count == 0 || parts.Any(p => p != "ack"))
            await MeasureLargeAsync(cluster, plan, IsChosen, report);
        report.Write("artifacts/bench-operator.json");
        return 0;

        bool IsChosen(string part) => parts.Count == 0 || parts.Contains(part);
    }

    private static async Task MeasureLargeAsync(BenchCluster cluster, OperatorPlan plan, Func<string, bool> isChosen, Report report)
    {
        var (space, figures) = await Bulk.MeasureAsync(cluster, plan);
        report.Add(figures);
        if (isChosen("rest"))
            report.Add(await Rest.MeasureAsync(cluster, space, plan));
        if (!isChosen("restart") && !isChosen("secrets"))
            return;
        var restarts = await Restart.MeasureAsync(cluster, space, plan);
        report.Add(await Restart.FiguresAsync(cluster, plan, restarts));
        if (isChosen("secrets"))
            report.Add(await Restart.BesideSecretsAsync(cluster, space, plan, restarts));
    }
}
