using System.Data.Common;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Contract;
using Gateway.Server.Stores;
using Npgsql;
using NpgsqlTypes;

namespace Gateway.Server.Budget.Postgres;

/// <summary>
/// The connection to Postgres: each question is one statement with one JSON document, bounded in time, and its failure is a value. The
/// schema is there before the first question.
/// </summary>
internal sealed class LedgerDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly string _gateway;
    private readonly TimeSpan _seedBound;
    private readonly SemaphoreSlim _upgrading = new(1);
    private volatile bool _hasSchema;
    private volatile string? _failure;

    /// <param name="uri">Judged by <see cref="StoreUri.Postgres"/>.</param>
    /// <param name="caFile">Authorities as PEM; null for the public ones.</param>
    /// <param name="options">Of whoever asks.</param>
    public LedgerDatabase(StoreUri uri, string? caFile, PostgresSpendOptions options)
    {
        _gateway = options.Gateway;
        _seedBound = options.SeedBound;
        var settings = PostgresSettings.Of(uri, caFile, options.Bound);

        // One each for reserves, settles, renewals, upkeep, quick and long seeds, and for those who read.
        settings.MaxPoolSize = 7;
        settings.MaxAutoPrepare = 32;
        settings.AutoPrepareMinUsages = 2;

        // A server that does not answer does not answer a request to cancel either.
        settings.CancellationTimeout = -1;
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        _source = builder.Build();
    }

    /// <summary>Why the last question had no answer; null: it had one.</summary>
    public string? Failure => _failure;

    /// <summary>Asks a function of the schema; the first parameter is the gateway, the second the document.</summary>
    public ValueTask<DatabaseAnswer<T>> AskAsync<T>(
        string statement, ReadOnlyMemory<byte> document, Func<DbDataReader, T> read, CancellationToken cancellationToken) =>
        AskAsync(new Question<T>(statement, document, read, null), cancellationToken);

    /// <summary>As above, what adds up a whole period: it may take as long as <see cref="PostgresSpendOptions.SeedBound"/>.</summary>
    public ValueTask<DatabaseAnswer<T>> AskAtLengthAsync<T>(
        string statement, ReadOnlyMemory<byte> document, Func<DbDataReader, T> read, CancellationToken cancellationToken) =>
        AskAtLengthAsync(statement, document, read, _seedBound, cancellationToken);

    /// <summary>As above, within a bound of its own, whole seconds.</summary>
    public ValueTask<DatabaseAnswer<T>> AskAtLengthAsync<T>(
        string statement, ReadOnlyMemory<byte> document, Func<DbDataReader, T> read, TimeSpan bound, CancellationToken cancellationToken) =>
        AskAsync(new Question<T>(statement, document, read, bound), cancellationToken);

    private async ValueTask<DatabaseAnswer<T>> AskAsync<T>(Question<T> question, CancellationToken cancellationToken)
    {
        try
        {
            var rows = await QueryAsync(question, cancellationToken);
            _failure = null;
            return new(rows, DatabaseFault.None);
        }
        catch (PostgresException e) when (e.SqlState[..2] is "22" or "23" or "54")
        {
            // The server works; it does not take this document.
            return new([], DatabaseFault.Refused) { Reason = Reason(e) };
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            // Somebody adds up a whole period: all else goes on.
            return new([], DatabaseFault.Unavailable) { Reason = Reason(e) };
        }
        catch (Exception e) when (IsFailure(e))
        {
            // That something takes too long which adds up a whole period says nothing of all else.
            return new([], DatabaseFault.Unavailable) { Reason = question.Bound is null ? Fail(e) : Reason(e) };
        }
    }

    /// <summary>Brings the schema up to date.</summary>
    public async ValueTask<bool> TryUpgradeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await UpgradeAsync(cancellationToken);
            _failure = null;
            return true;
        }
        catch (Exception e) when (IsFailure(e))
        {
            Fail(e);
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _upgrading.Dispose();
    }

    /// <summary>True where the database is to blame, and not the code.</summary>
    internal static bool IsFailure(Exception e) =>
        e is DbException or SocketException or IOException or TimeoutException or CryptographicException or InvalidOperationException;

    private async Task<List<T>> QueryAsync<T>(Question<T> question, CancellationToken cancellationToken)
    {
        if (!_hasSchema)
            await UpgradeAsync(cancellationToken);
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(question.Statement, connection);
        if (question.Bound is { } bound)
            command.CommandTimeout = (int)bound.TotalSeconds;
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _gateway, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(
            new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = question.Document, NpgsqlDbType = NpgsqlDbType.Jsonb });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(question.Read(reader));
        return rows;
    }

    /// <summary>What is asked; its bound is that of the connection where it has none.</summary>
    private readonly record struct Question<T>(
        string Statement, ReadOnlyMemory<byte> Document, Func<DbDataReader, T> Read, TimeSpan? Bound);

    private static string Reason(Exception e) =>
        e is PostgresException p ? $"{p.MessageText} ({p.SqlState})" : e.GetBaseException().Message;

    private async Task UpgradeAsync(CancellationToken cancellationToken)
    {
        await _upgrading.WaitAsync(cancellationToken);
        try
        {
            if (_hasSchema)
                return;
            await Schema.UpgradeAsync(_source, cancellationToken);
            _hasSchema = true;
        }
        finally
        {
            _upgrading.Release();
        }
    }

    private string Fail(Exception e)
    {
        // Connections that are kept may lead to a server that was demoted.
        _source.Clear();
        return _failure = Reason(e);
    }
}

/// <summary>What became of a question.</summary>
internal readonly record struct DatabaseAnswer<T>(List<T> Rows, DatabaseFault Fault)
{
    public string? Reason { get; init; }
}

/// <summary>Why a question has no answer.</summary>
internal enum DatabaseFault
{
    /// <summary>It has one.</summary>
    None,

    /// <summary>The database is not there, or can do nothing now. Whether it has done what was asked is not known.</summary>
    Unavailable,

    /// <summary>It does not take the document, and never will.</summary>
    Refused,
}
