using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Gateway.Server.Budget.Postgres;

/// <summary>From a question to a statement and its document. All that a caller has chosen is in the document.</summary>
internal static class ReportSql
{
    private const string Most = "9223372036854775807";

    private const string LedgerSums = $"""
        min(currency), max(currency), least(coalesce(sum(cost_nanos), 0), {Most})::bigint,
        coalesce(sum(case when kind = 'Correction' then 0 else calls end), 0)::bigint,
        coalesce(sum(calls) filter (where status in ('Failed', 'Cut') and kind <> 'Correction'), 0)::bigint,
        coalesce(sum(calls) filter (where kind = 'Refused'), 0)::bigint,
        least(coalesce(sum(llm_gateway.reported_v1(input_uncached) + llm_gateway.reported_v1(cache_read)
            + llm_gateway.reported_v1(cache_write_5m) + llm_gateway.reported_v1(cache_write_1h)
            + llm_gateway.reported_v1(audio_input)), 0), {Most})::bigint,
        least(coalesce(sum(llm_gateway.reported_v1(cache_read)), 0), {Most})::bigint,
        least(coalesce(sum(llm_gateway.reported_v1(output) + llm_gateway.reported_v1(audio_output)), 0), {Most})::bigint,
        least(coalesce(sum(tokens), 0), {Most})::bigint
        """;

    private const string HourSums = $"""
        min(nullif(currency, '')), max(nullif(currency, '')), least(coalesce(sum(cost_nanos), 0), {Most})::bigint,
        coalesce(sum(calls), 0)::bigint, coalesce(sum(failed), 0)::bigint, coalesce(sum(refused), 0)::bigint,
        least(coalesce(sum(prompt_tokens), 0), {Most})::bigint, least(coalesce(sum(cached_tokens), 0), {Most})::bigint,
        least(coalesce(sum(completion_tokens), 0), {Most})::bigint, least(coalesce(sum(tokens), 0), {Most})::bigint
        """;

    /// <summary>One column for each dimension, then the sums. One group more than may be, where there are more.</summary>
    public static string Sums(SpendReportQuery query)
    {
        var byHour = IsRolledUp(query);
        var columns = query.GroupBy.Select((d, i) => (byHour ? HourColumn(d) : LedgerColumn(d, i)) + ", ");
        var tags = query.GroupBy.Any(d => d.Kind == DimensionKind.Tag)
            ? "left join lateral (select distinct unnest(l.tags) as tag) t on true"
            : "";
        var groups = query.GroupBy.IsEmpty ? "" : "group by " + string.Join(", ", Enumerable.Range(1, query.GroupBy.Length));
        var limit = (SpendReportQuery.MostGroups + 1).ToString(CultureInfo.InvariantCulture);
        var (sums, table, where) = byHour
            ? (HourSums, "llm_gateway.usage_hour", HourFilter(query.Filter))
            : (LedgerSums, "llm_gateway.ledger l " + tags, LedgerFilter(query.Filter));
        return $"select {string.Concat(columns)}{sums} from {table} where {where} {groups} limit {limit}";
    }

    /// <summary>A page, the latest first.</summary>
    public static string Rows(LedgerQuery query) => $"""
        select llm_gateway.row_v1(l)::text from llm_gateway.ledger l where {LedgerFilter(query.Filter)}
        {(query.Cursor is null ? "" : "and (started_at, call_id, kind) < (($2->>'at')::timestamptz, $2->>'call', $2->>'kind')")}
        order by started_at desc, call_id desc, kind desc limit ($2->>'limit')::integer
        """;

    public static ReadOnlyMemory<byte> Document(SpendReportQuery query) =>
        Document(query.Filter, json => WriteNames(json, query.GroupBy.Select(d => d.Attribution)));

    public static ReadOnlyMemory<byte> Document(LedgerQuery query, LedgerCursor last) => Document(query.Filter, json =>
    {
        json.WriteNumber("limit", query.Limit);
        if (query.Cursor is null)
            return;
        json.WriteString("at", last.StartedAt);
        json.WriteString("call", last.CallId);
        json.WriteString("kind", last.Kind.ToString());
    });

    /// <summary>True where hours by key, route, model and team tell it all.</summary>
    private static bool IsRolledUp(SpendReportQuery query) =>
        IsFullHour(query.Filter.Start)
        && IsFullHour(query.Filter.End)
        && query.Filter is { Model: null, Tag: null, EndUser: null, Session: null, CallId: null, Status: null }
        && query.Filter.Attribution.Keys.All(name => name == "team")
        && query.GroupBy.All(d => d.Kind is DimensionKind.Hour or DimensionKind.Day or DimensionKind.Key or DimensionKind.Model
            or DimensionKind.Route || d is { Kind: DimensionKind.Attribution, Attribution: "team" });

    private static bool IsFullHour(DateTimeOffset instant) => instant.UtcTicks % TimeSpan.TicksPerHour == 0;

    private static string HourColumn(SpendDimension dimension) => dimension.Kind switch
    {
        DimensionKind.Hour => Hour("hour"),
        DimensionKind.Day => Day("hour"),
        DimensionKind.Key => "key",
        DimensionKind.Model => "nullif(model, '')",
        DimensionKind.Route => "nullif(route, '')",
        _ => "nullif(team, '')",
    };

    private static string LedgerColumn(SpendDimension dimension, int i) => dimension.Kind switch
    {
        DimensionKind.Hour => Hour("started_at"),
        DimensionKind.Day => Day("started_at"),
        DimensionKind.Key => "key",
        DimensionKind.Model => "case when route <> '' then model end",
        DimensionKind.Route => "coalesce(served_route, nullif(route, ''))",
        DimensionKind.Provider => "provider",
        DimensionKind.Status => "status",
        DimensionKind.EndUser => "end_user",
        DimensionKind.Tag => "tag",
        _ => string.Create(CultureInfo.InvariantCulture, $"attribution->>($2->'names'->>{i})"),
    };

    private static string Hour(string column) => $"to_char({column} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24\":00:00Z\"')";

    private static string Day(string column) => $"to_char({column} at time zone 'UTC', 'YYYY-MM-DD')";

    private static string HourFilter(SpendFilter filter) => string.Join(" and ", new[]
    {
        "gateway = $1 and hour >= ($2->>'start')::timestamptz and hour < ($2->>'end')::timestamptz",
        filter.Key is null ? null : "key = $2->>'key'",
        filter.Route is null ? null : "route = $2->>'route'",
        filter.Attribution.IsEmpty ? null : "team = $2->'attribution'->>'team'",
    }.OfType<string>());

    private static string LedgerFilter(SpendFilter filter) => string.Join(" and ", new[]
    {
        "gateway = $1 and started_at >= ($2->>'start')::timestamptz and started_at < ($2->>'end')::timestamptz",
        filter.Key is null ? null : "key = $2->>'key'",
        filter.CallId is null ? null : "call_id = $2->>'callId'",
        filter.Model is null ? null : "model = $2->>'model'",
        filter.Route is null ? null : "coalesce(served_route, nullif(route, '')) = $2->>'route'",
        filter.EndUser is null ? null : "end_user = $2->>'endUser'",
        filter.Session is null ? null : "session = $2->>'session'",
        filter.Status is null ? null : "status = $2->>'status'",
        filter.Tag is null ? null : "$2->>'tag' = any(tags)",
        filter.Attribution.IsEmpty ? null : "attribution @> ($2->'attribution')",
    }.OfType<string>());

    private static void WriteNames(Utf8JsonWriter json, IEnumerable<string?> names)
    {
        json.WriteStartArray("names");
        foreach (var name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }

    private static ReadOnlyMemory<byte> Document(SpendFilter filter, Action<Utf8JsonWriter> more)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, LedgerJson.Writing))
        {
            json.WriteStartObject();
            json.WriteString("start", filter.Start);
            json.WriteString("end", filter.End);
            json.WriteString("key", filter.Key);
            json.WriteString("callId", filter.CallId);
            json.WriteString("model", filter.Model);
            json.WriteString("route", filter.Route);
            json.WriteString("endUser", filter.EndUser);
            json.WriteString("session", filter.Session);
            json.WriteString("status", filter.Status?.ToString());
            json.WriteString("tag", filter.Tag);
            json.WriteStartObject("attribution");
            foreach (var (name, value) in filter.Attribution)
                json.WriteString(name, value);
            json.WriteEndObject();
            more(json);
            json.WriteEndObject();
        }

        return LedgerJson.WithoutZeros(buffer);
    }
}
