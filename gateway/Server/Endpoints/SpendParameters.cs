using System.Collections.Immutable;
using System.Globalization;
using Gateway.Server.Budget;
using Gateway.Server.Errors;
using Microsoft.Extensions.Primitives;

namespace Gateway.Server.Endpoints;

/// <summary>
/// What <c>/spend/report</c> and <c>/spend/logs</c> are asked for. Names are LiteLLM's where it has them. A parameter that is not known is
/// refused: one that was mistyped would otherwise give an answer to another question.
/// </summary>
internal sealed record SpendParameters
{
    private const string AttributionPrefix = "attribution.";
    private const string Instants = "`2026-05-06` or `2026-05-06T10:00:00Z`";

    private static readonly DateTimeOffset s_latest = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan s_usualLength = TimeSpan.FromDays(30);

    private static readonly string[] s_instants = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss"];

    public required SpendFilter Filter { get; init; }

    public ImmutableArray<SpendDimension> GroupBy { get; init; } = [];

    public bool IsCsv { get; init; }

    public int Limit { get; init; } = 100;

    public string? Cursor { get; init; }

    /// <summary>What is asked for, and why it cannot be: exactly one of the two.</summary>
    /// <param name="query">The request's.</param>
    /// <param name="isReport">Else the logs.</param>
    /// <param name="owner">The key whose spend alone may be seen; null: that of all.</param>
    /// <param name="now">Where the usual time ends: the 30 days to the end of today.</param>
    public static (SpendParameters? Parameters, GatewayError? Error) Read(
        IQueryCollection query, bool isReport, string? owner, DateTimeOffset now)
    {
        var end = new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        var filter = new SpendFilter { Start = DateTimeOffset.MinValue, End = end, Key = owner };
        var parameters = new SpendParameters { Filter = filter };
        foreach (var (name, values) in query)
        {
            // There it is a key that the caller presents.
            if (owner is not null && name == "key")
                continue;
            if (Read(parameters, name, values, isReport) is not { } more)
                return (null, Refused(name, isReport));
            parameters = more;
        }

        filter = parameters.Filter;
        if (filter.Start == DateTimeOffset.MinValue)
            parameters = parameters with { Filter = filter with { Start = filter.End - s_usualLength } };
        return parameters.Filter.Start < parameters.Filter.End
            ? (parameters, null)
            : (null, new(ErrorKind.InvalidRequest, "`start_date` must be before `end_date`.") { Param = "start_date" });
    }

    /// <summary>Null where the parameter is not known or its value will not do.</summary>
    private static SpendParameters? Read(SpendParameters so, string name, StringValues values, bool isReport)
    {
        if (values is not [{ Length: > 0 and <= 1024 } value])
            return null;
        var filter = so.Filter;
        if (name.StartsWith(AttributionPrefix, StringComparison.Ordinal))
            return so with { Filter = filter with { Attribution = filter.Attribution.SetItem(name[AttributionPrefix.Length..], value) } };
        return name switch
        {
            "start_date" => Instant(value, isEnd: false) is { } start ? so with { Filter = filter with { Start = start } } : null,
            "end_date" => Instant(value, isEnd: true) is { } end ? so with { Filter = filter with { End = end } } : null,
            "key" => so with { Filter = filter with { Key = value } },
            "model" => so with { Filter = filter with { Model = value } },
            "route" => so with { Filter = filter with { Route = value } },
            "team" => so with { Filter = filter with { Attribution = filter.Attribution.SetItem("team", value) } },
            "tag" => so with { Filter = filter with { Tag = value } },
            "end_user" => so with { Filter = filter with { EndUser = value } },
            "session_id" => so with { Filter = filter with { Session = value } },
            "status" => SpendNames.Status(value) is { } status ? so with { Filter = filter with { Status = status } } : null,
            "group_by" when isReport => Dimensions(value) is { } groupBy ? so with { GroupBy = groupBy } : null,
            "format" when isReport => value is "json" or "csv" ? so with { IsCsv = value == "csv" } : null,
            "request_id" when !isReport => so with { Filter = filter with { CallId = value } },
            "limit" when !isReport => Limited(value) is { } limit ? so with { Limit = limit } : null,
            "cursor" when !isReport => so with { Cursor = value },
            _ => null,
        };
    }

    /// <summary>
    /// A date alone is the whole day of UTC; as an end it is the day's. There were no calls before 1970 and are none after 9998.
    /// </summary>
    private static DateTimeOffset? Instant(string text, bool isEnd)
    {
        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        var isDay = DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, styles, out var instant);
        if (!isDay && !DateTimeOffset.TryParseExact(text, s_instants, CultureInfo.InvariantCulture, styles, out instant))
            return null;
        if (instant.Year is < 1970 or > 9998)
            return instant.Year < 1970 ? DateTimeOffset.UnixEpoch : s_latest;
        return isDay && isEnd ? instant.AddDays(1) : instant;
    }

    private static ImmutableArray<SpendDimension>? Dimensions(string text)
    {
        var names = text.Split(',');
        var dimensions = names.Select(SpendNames.Dimension).OfType<SpendDimension>().Distinct().ToImmutableArray();
        return dimensions.Length == names.Length ? dimensions : null;
    }

    private static int? Limited(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= LedgerQuery.MostRows
            ? limit
            : null;

    private static GatewayError Refused(string name, bool isReport)
    {
        var message = name switch
        {
            "start_date" or "end_date" => $"`{name}` must be {Instants}, once.",
            "status" => $"`status` must be one of {SpendNames.Statuses}.",
            "group_by" when isReport => $"`group_by` must be {SpendNames.Dimensions}, each once, with commas between them.",
            "format" when isReport => "`format` must be json or csv.",
            "limit" when !isReport => $"`limit` must be a number from 1 to {LedgerQuery.MostRows}.",
            _ => $"The parameter `{(name.Length > 100 ? name[..100] : name)}` is not known here, or its value is empty, too long "
                + "or there twice.",
        };
        return new(ErrorKind.InvalidRequest, message) { Param = name };
    }
}
