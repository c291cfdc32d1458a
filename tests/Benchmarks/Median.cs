namespace Benchmarks;

internal static class Median
{
    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Of values that are sorted.</summary>
    public static double Percentile(double[] sorted, double percent) =>
        sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * percent / 100)];
}
