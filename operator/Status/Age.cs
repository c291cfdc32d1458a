using System.Globalization;

namespace Operator.Status;

/// <summary>
/// A length of time as kubectl's AGE column has it: two units while small, one when large.
/// https://github.com/kubernetes/apimachinery/blob/master/pkg/util/duration/duration.go
/// </summary>
internal static class Age
{
    public static string Text(DateTimeOffset? since, DateTimeOffset now)
    {
        if (since is null)
            return "<unknown>";
        var age = now > since ? now - since.Value : TimeSpan.Zero;
        var days = (int)age.TotalDays;
        return age switch
        {
            { TotalMinutes: < 2 } => Whole(age.TotalSeconds, "s"),
            { TotalMinutes: < 10 } => Two((int)age.TotalMinutes, "m", age.Seconds, "s"),
            { TotalHours: < 3 } => Whole(age.TotalMinutes, "m"),
            { TotalHours: < 8 } => Two((int)age.TotalHours, "h", age.Minutes, "m"),
            { TotalHours: < 48 } => Whole(age.TotalHours, "h"),
            { TotalDays: < 8 } => Two(days, "d", age.Hours, "h"),
            { TotalDays: < 2 * 365 } => Whole(age.TotalDays, "d"),
            { TotalDays: < 8 * 365 } => Two(days / 365, "y", days % 365, "d"),
            _ => Whole(age.TotalDays / 365, "y"),
        };
    }

    private static string Whole(double value, string unit) => ((long)value).ToString(CultureInfo.InvariantCulture) + unit;

    private static string Two(int large, string unit, int small, string smallUnit) =>
        Whole(large, unit) + (small == 0 ? "" : Whole(small, smallUnit));
}
