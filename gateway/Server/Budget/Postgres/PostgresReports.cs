using System.Collections.Immutable;
using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Gateway.Contract;
using Gateway.Server.Stores;
using Npgsql;

namespace Gateway.Server.Budget.Postgres;

/// <summary>
/// Reports from Postgres: by hourly rollups where these know the answer, else row by row. On connections of its own and few at a time, so
/// that no call waits for a report. The schema is brought up to date by whoever writes.
/// </summary>
internal sealed class PostgresReports : ISpendReports, IAsyncDisposable
{
    private const int AtATime = 2;

    // Compiling a statement takes longer than most reports.
    private const string Begin = """
        select set_config('transaction_read_only', 'on', true), set_config('jit', 'off', true), set_config('TimeZone', 'UTC', true),
            set_config('IntervalStyle', 'postgres', true), set_config('statement_timeout', $1, true)
        """;

    private readonly NpgsqlDataSource _source;
    private readonly PostgresSpendOptions _options;
    private readonly SemaphoreSlim _some = new(AtATime, AtATime);

    /// <param name="uri">Judged by <see cref="StoreUri.Postgres"/>.</param>
    /// <param name="caFile">Authorities as PEM; null for the public ones.</param>
    /// <param name="options">Whose ledger it is, and how long a report may take.</param>
    public PostgresReports(StoreUri uri, string? caFile, PostgresSpendOptions options)
    {
        _options = options;
        var settings = PostgresSettings.Of(uri, caFile, options.Bound);
        settings.MaxPoolSize = AtATime;

        // A server that does not answer does not answer a request to cancel either.
        settings.CancellationTimeout = -1;
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        _source = builder.Build();
    }

    public ValueTask<ReportOutcome<SpendReport>> SumAsync(SpendReportQuery query, CancellationToken cancellationToken) =>
        RunAsync(connection => SumAsync(connection, query, cancellationToken), cancellationToken);

    public ValueTask<ReportOutcome<LedgerPage>> ListAsync(LedgerQuery query, CancellationToken cancellationToken)
    {
        if (query.Cursor is null)
            return RunAsync(connection => ListAsync(connection, query, null, cancellationToken), cancellationToken);
        return LedgerCursor.TryParse(query.Cursor, out var cursor)
            ? RunAsync(connection => ListAsync(connection, query, cursor, cancellationToken), cancellationToken)
            : new(ReportFailure.BadCursor);
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _some.Dispose();
    }

    private async ValueTask<ReportOutcome<T>> RunAsync<T>(
        Func<NpgsqlConnection, Task<ReportOutcome<T>>> report, CancellationToken cancellationToken)
        where T : class
    {
        if (!await _some.WaitAsync(_options.ReportWait, cancellationToken))
            return ReportFailure.Busy;
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);

            // All statements of a report see the same rows.
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
            await BeginAsync(connection, cancellationToken);
            return await report(connection);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return ReportFailure.TooLong;
        }
        catch (Exception e) when (LedgerDatabase.IsFailure(e))
        {
            // Connections that are kept may lead to a server that was demoted.
            _source.Clear();
            return ReportFailure.Unavailable;
        }
        finally
        {
            _some.Release();
        }
    }

    private async Task BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var milliseconds = Math.Max(1, (long)_options.ReportTime.TotalMilliseconds);
        await using var command = new NpgsqlCommand(Begin, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = milliseconds.ToString(CultureInfo.InvariantCulture) });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<ReportOutcome<SpendReport>> SumAsync(
        NpgsqlConnection connection, SpendReportQuery query, CancellationToken cancellationToken)
    {
        var isCovered = ReportStatement.IsCovered(query);
        var groups = await GroupsAsync(connection, query, isCovered, cancellationToken);
        if (query.GroupBy.IsEmpty)
            return new SpendReport([], groups[0].Sum);
        if (groups.Count > SpendReportQuery.MostGroups)
            return ReportFailure.TooManyGroups;

        // A call is in the group of each of its tags, and once in the total.
        var total = query.GroupBy.Any(d => d.Kind == DimensionKind.Tag)
            ? (await GroupsAsync(connection, query with { GroupBy = [] }, isCovered, cancellationToken))[0].Sum
            : groups.Aggregate(SpendSum.Nothing, (sum, group) => sum.With(group.Sum));
        return new SpendReport([.. groups.Order(SpendGroup.ByValues)], total);
    }

    private Task<List<SpendGroup>> GroupsAsync(
        NpgsqlConnection connection, SpendReportQuery query, bool isCovered, CancellationToken cancellationToken)
    {
        var dimensions = query.GroupBy.Length;
        return ReadAsync(
            connection, ReportStatement.OfGroups(_options.Gateway, query, isCovered), row => Group(row, dimensions), cancellationToken);
    }

    private async Task<ReportOutcome<LedgerPage>> ListAsync(
        NpgsqlConnection connection, LedgerQuery query, LedgerCursor? after, CancellationToken cancellationToken)
    {
        var statement = ReportStatement.OfRows(_options.Gateway, query, after);
        var rows = await ReadAsync(
            connection, statement, row => JsonSerializer.Deserialize(row.GetString(0), LedgerJson.Default.LedgerRow)!, cancellationToken);
        return rows.Count <= query.Limit
            ? new LedgerPage([.. rows], null)
            : new LedgerPage([.. rows.Take(query.Limit)], LedgerCursor.Of(rows[query.Limit - 1]).ToString());
    }

    private async Task<List<T>> ReadAsync<T>(
        NpgsqlConnection connection, NpgsqlCommand statement, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = statement;
        command.Connection = connection;

        // The server ends it before.
        command.CommandTimeout = (int)Math.Ceiling((_options.ReportTime + _options.Bound).TotalSeconds);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(read(reader));
        return rows;
    }

    private static SpendGroup Group(DbDataReader row, int dimensions)
    {
        var currency = Text(row, dimensions + 8);
        var values = Enumerable.Range(0, dimensions).Select(i => Text(row, i)).ToImmutableArray();
        return new(values, new()
        {
            Cost = new(row.GetInt64(dimensions)),
            Requests = row.GetInt64(dimensions + 1),
            Failed = row.GetInt64(dimensions + 2),
            Refused = row.GetInt64(dimensions + 3),
            PromptTokens = row.GetInt64(dimensions + 4),
            CachedTokens = row.GetInt64(dimensions + 5),
            CompletionTokens = row.GetInt64(dimensions + 6),
            Tokens = row.GetInt64(dimensions + 7),
            Currency = currency,
            IsMixed = currency != Text(row, dimensions + 9),
        });
    }

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
