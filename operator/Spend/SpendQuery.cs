using System.Globalization;
using Operator.Kubernetes;

namespace Operator.Spend;

/// <summary>From what the user asks for to the parameters of <c>GET /spend/report</c>.</summary>
internal static class SpendQuery
{
    /// <summary>Reports between whole hours are made from hourly sums: they take no longer for a year than for a day.</summary>
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    /// <param name="options">What is asked for.</param>
    /// <param name="gateway">Whom it is asked. A key or route without a namespace is one of its own.</param>
    /// <param name="now">The moment.</param>
    public static string Of(SpendOptions options, ObjectKey gateway, DateTimeOffset now)
    {
        var query = new Query().Add("start_date", Start(options, now)).Add("end_date", options.EndDate).Add("group_by", options.GroupBy);
        foreach (var (name, value) in options.Filters)
            query.Add(Uri.EscapeDataString(name), name is "key" or "route" && !value.Contains('/') ? $"{gateway.Namespace}/{value}" : value);
        return query.ToString();
    }

    /// <summary>A duration as <c>30m</c>, <c>12h</c>, <c>7d</c> or <c>2w</c>; null where the text is none.</summary>
    public static TimeSpan? Duration(string text)
    {
        double hours = text.Length == 0 ? 0 : text[^1] switch { 'm' => 1 / 60d, 'h' => 1, 'd' => 24, 'w' => 7 * 24, _ => 0 };
        return hours > 0 && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and < 100_000
            ? TimeSpan.FromHours(hours * count)
            : null;
    }

    private static string? Start(SpendOptions options, DateTimeOffset now)
    {
        if (options.Since is not { } since)
            return options is { StartDate: null, EndDate: null } ? Text(now, "yyyy-MM-01") : options.StartDate;
        var start = now - since;
        return Text(since < s_hour ? start : start.AddTicks(-(start.UtcTicks % s_hour.Ticks)), "yyyy-MM-dd'T'HH:mm:ss'Z'");
    }

    private static string Text(DateTimeOffset time, string format) => time.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);
}
