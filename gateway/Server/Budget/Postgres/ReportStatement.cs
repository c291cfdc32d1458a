using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Gateway.Server.Budget.Postgres;

/// <summary>What a report asks the database: text of fixed parts, in which every value is a parameter. Pure.</summary>
internal sealed class ReportStatement
{
    private const string Team = "team";

    private static readonly Source s_ledger = new()
    {
        Table = "llm_gateway.ledger",
        Time = "started_at",
        Model = "case when route <> '' then model end",
        Route = "nullif(coalesce(served_route, route), '')",
        Sums =
        [
            "cost_nanos",
            "case kind when 'Correction' then 0 else calls end",
            "case when kind <> 'Correction' and status in ('Failed', 'Cut') then calls else 0 end",
            "case kind when 'Refused' then calls else 0 end",
            """
            llm_gateway.reported_v1(input_uncached) + llm_gateway.reported_v1(cache_read) + llm_gateway.reported_v1(cache_write_5m)
                + llm_gateway.reported_v1(cache_write_1h) + llm_gateway.reported_v1(audio_input)
            """,
            "llm_gateway.reported_v1(cache_read)",
            "llm_gateway.reported_v1(output) + llm_gateway.reported_v1(audio_output)",
            "tokens",
        ],
    };

    private static readonly Source s_rollups = new()
    {
        Table = "llm_gateway.usage_hour",
        Time = "hour",
        Model = "nullif(model, '')",
        Route = "nullif(route, '')",
        Sums = ["cost_nanos", "calls", "failed", "refused", "prompt_tokens", "cached_tokens", "completion_tokens", "tokens"],
    };

    private readonly Source _source;
    private readonly List<string> _conditions = [];
    private readonly List<NpgsqlParameter> _parameters = [];

    private ReportStatement(Source source, string gateway, SpendFilter filter)
    {
        _source = source;
        WhereIs("gateway", gateway);
        Where($"{source.Time} >= {Parameter(filter.Start)}");
        Where($"{source.Time} < {Parameter(filter.End)}");
        WhereIs("key", filter.Key);
        WhereIs(source.Model, filter.Model);
        WhereIs(source.Route, filter.Route);
        WhereIs("call_id", filter.CallId);
        WhereIs("end_user", filter.EndUser);
        WhereIs("session", filter.Session);
        WhereIs("status", filter.Status?.ToString());
        WhereIs("any(tags)", filter.Tag);
        foreach (var (name, value) in filter.Attribution)
            WhereIs(Attribution(name), value);
    }

    /// <summary>True where hourly rollups know the answer. They know of no empty team.</summary>
    public static bool IsCovered(SpendReportQuery query) =>
        query.Filter is { Tag: null, EndUser: null, Session: null, CallId: null, Status: null } filter
        && IsWholeHour(filter.Start)
        && IsWholeHour(filter.End)
        && filter.Attribution.All(a => a is { Key: Team, Value.Length: > 0 })
        && query.GroupBy.All(d => d is
            { Kind: DimensionKind.Hour or DimensionKind.Day or DimensionKind.Key or DimensionKind.Model or DimensionKind.Route }
            or { Kind: DimensionKind.Attribution, Attribution: Team });

    /// <summary>
    /// Groups, one more than there may be at most. Columns: the dimensions as text, the eight sums, the first and the last currency.
    /// </summary>
    public static NpgsqlCommand OfGroups(string gateway, SpendReportQuery query, bool isCovered)
    {
        var statement = new ReportStatement(isCovered ? s_rollups : s_ledger, gateway, query.Filter);
        var dimensions = query.GroupBy.Select(statement.Dimension).ToList();
        var groupBy = dimensions.Count == 0 ? "" : "group by " + string.Join(", ", dimensions.Select(d => d.Value));
        var tags = query.GroupBy.Any(d => d.Kind == DimensionKind.Tag)
            ? "left join lateral (select distinct t.tag from unnest(tags) as t(tag)) as tagged on true"
            : "";
        return statement.Command($"""
            select {string.Join(", ", dimensions.Select(d => d.Text).Concat(statement._source.Sums.Select(Bounded)))},
                min(nullif(currency, '')), max(nullif(currency, ''))
            from {statement._source.Table} {tags}
            where {string.Join(" and ", statement._conditions)}
            {groupBy}
            limit {SpendReportQuery.MostGroups + 1}
            """);
    }

    /// <summary>Rows as JSON, one more than are wanted, the latest first.</summary>
    public static NpgsqlCommand OfRows(string gateway, LedgerQuery query, LedgerCursor? after)
    {
        var statement = new ReportStatement(s_ledger, gateway, query.Filter);
        if (after is { } cursor)
        {
            var (start, callId, kind) = (cursor.StartedAt, cursor.CallId, cursor.Kind.ToString());
            statement.Where(
                $"(started_at, call_id, kind) < ({statement.Parameter(start)}, {statement.Parameter(callId)}, {statement.Parameter(kind)})");
        }

        return statement.Command($"""
            select llm_gateway.row_v1(l)::text
            from llm_gateway.ledger l
            where {string.Join(" and ", statement._conditions)}
            order by started_at desc, call_id desc, kind desc
            limit {query.Limit + 1}
            """);
    }

    private static bool IsWholeHour(DateTimeOffset instant) => instant.UtcTicks % TimeSpan.TicksPerHour == 0;

    private static string Bounded(string amount) => $"least(coalesce(sum({amount}), 0), {long.MaxValue})::bigint";

    private NpgsqlCommand Command(string text)
    {
        var command = new NpgsqlCommand(text);
        command.Parameters.AddRange(_parameters.ToArray());
        return command;
    }

    private (string Value, string Text) Dimension(SpendDimension dimension)
    {
        var value = dimension.Kind switch
        {
            DimensionKind.Hour => $"date_bin('1 hour', {_source.Time}, 'epoch')",
            DimensionKind.Day => $"date_bin('1 day', {_source.Time}, 'epoch')",
            DimensionKind.Key => "key",
            DimensionKind.Model => _source.Model,
            DimensionKind.Route => _source.Route,
            DimensionKind.Provider => "provider",
            DimensionKind.Status => "status",
            DimensionKind.EndUser => "end_user",
            DimensionKind.Tag => "tagged.tag",
            DimensionKind.Attribution => Attribution(dimension.Attribution!),
            _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "is no value of a row"),
        };
        return (value, dimension.Kind switch
        {
            DimensionKind.Hour => $"""to_char({value} at time zone 'UTC', 'YYYY-MM-DD"T"HH24":00:00Z"')""",
            DimensionKind.Day => $"to_char({value} at time zone 'UTC', 'YYYY-MM-DD')",
            _ => value,
        });
    }

    private string Attribution(string name) => _source == s_rollups ? "nullif(team, '')" : $"attribution->>{Parameter(name)}";

    private void Where(string condition) => _conditions.Add(condition);

    private void WhereIs(string column, string? value)
    {
        if (value is not null)
            Where($"{Parameter(value)} = {column}");
    }

    /// <summary>Postgres has no character zero: see <see cref="LedgerJson.WithoutZeros"/>.</summary>
    private string Parameter(string value) => Add(new NpgsqlParameter<string>
    {
        TypedValue = value.Replace('\0', '\ufffd'),
        NpgsqlDbType = NpgsqlDbType.Text,
    });

    private string Parameter(DateTimeOffset value) =>
        Add(new NpgsqlParameter<DateTime> { TypedValue = value.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });

    private string Add(NpgsqlParameter parameter)
    {
        _parameters.Add(parameter);
        return string.Create(CultureInfo.InvariantCulture, $"${_parameters.Count}");
    }

    /// <summary>A table, with what its columns are called.</summary>
    private sealed record Source
    {
        public required string Table { get; init; }

        public required string Time { get; init; }

        public required string Model { get; init; }

        public required string Route { get; init; }

        /// <summary>Cost, calls, failed and refused ones, prompt, cached, completion and all tokens.</summary>
        public required string[] Sums { get; init; }
    }
}
