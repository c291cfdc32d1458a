using System.Collections.Immutable;
using System.Data.Common;
using System.Text.Json;

namespace Gateway.Server.Budget.Postgres;

/// <summary>Reports from the ledger in Postgres, by its rollups where these know what is asked.</summary>
/// <param name="database">Of its own: a report may take longer than a call may wait, and must not count as an outage.</param>
internal sealed class PostgresReports(LedgerDatabase database) : ISpendReports
{
    public async ValueTask<ReportOutcome<SpendReport>> SumAsync(SpendReportQuery query, CancellationToken cancellationToken)
    {
        var groups = await AskAsync(query, cancellationToken);
        if (groups.Failure is { } failure)
            return failure;
        if (groups.Value!.Count > SpendReportQuery.MostGroups)
            return ReportFailure.TooManyGroups;
        if (query.GroupBy.IsEmpty)
            return new SpendReport([], groups.Value[0].Sum);

        // A call with several tags is in several groups, so these do not add up to the total.
        var total = await AskAsync(query with { GroupBy = [] }, cancellationToken);
        if (total.Failure is { } second)
            return second;
        groups.Value.Sort((a, b) => Compare(a.Values, b.Values));
        return new SpendReport([.. groups.Value], total.Value![0].Sum);
    }

    public async ValueTask<ReportOutcome<LedgerPage>> ListAsync(LedgerQuery query, CancellationToken cancellationToken)
    {
        var last = default(LedgerCursor);
        if (query.Cursor is not null && !LedgerCursor.TryParse(query.Cursor, out last))
            return ReportFailure.BadCursor;
        var answer = await database.AskAsync(
            ReportSql.Rows(query),
            ReportSql.Document(query, last),
            row => JsonSerializer.Deserialize(row.GetString(0), LedgerJson.Default.LedgerRow)!,
            cancellationToken);
        if (answer.Fault != DatabaseFault.None)
            return ReportFailure.Unavailable;
        var cursor = answer.Rows.Count == query.Limit ? LedgerCursor.Of(answer.Rows[^1]).ToString() : null;
        return new LedgerPage([.. answer.Rows], cursor);
    }

    private async ValueTask<ReportOutcome<List<SpendGroup>>> AskAsync(SpendReportQuery query, CancellationToken cancellationToken)
    {
        var answer = await database.AskAsync(
            ReportSql.Sums(query), ReportSql.Document(query), row => Group(row, query.GroupBy.Length), cancellationToken);
        return answer.Fault == DatabaseFault.None ? answer.Rows : ReportFailure.Unavailable;
    }

    private static SpendGroup Group(DbDataReader row, int dimensions)
    {
        var (first, last) = (Text(row, dimensions), Text(row, dimensions + 1));
        return new([.. Enumerable.Range(0, dimensions).Select(i => Text(row, i))], new()
        {
            Currency = first,
            IsMixed = first != last,
            Cost = new(row.GetInt64(dimensions + 2)),
            Requests = row.GetInt64(dimensions + 3),
            Failed = row.GetInt64(dimensions + 4),
            Refused = row.GetInt64(dimensions + 5),
            PromptTokens = row.GetInt64(dimensions + 6),
            CachedTokens = row.GetInt64(dimensions + 7),
            CompletionTokens = row.GetInt64(dimensions + 8),
            Tokens = row.GetInt64(dimensions + 9),
        });
    }

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static int Compare(ImmutableArray<string?> a, ImmutableArray<string?> b)
    {
        for (var i = 0; i < a.Length; i++)
        {
            if (string.CompareOrdinal(a[i], b[i]) is not 0 and var order)
                return order;
        }

        return 0;
    }
}
