using System.Globalization;
using Npgsql;

namespace Gateway.Server.Budget.Postgres;

/// <summary>
/// Creates and upgrades the schema <c>llm_gateway</c>: numbered migrations, each in a transaction of its own under a lock that replicas
/// share. They only ever add, so that the version before goes on working; a database that is newer is left as it is.
/// </summary>
internal static class Schema
{
    // A migration may have to wait for a replica that is at it.
    private const int MigrationSeconds = 120;

    private const string Applied = """
        select case when to_regclass('llm_gateway.migration') is null then 0 else 1 end
        """;

    private const string Prepare = """
        select pg_advisory_xact_lock(1819045734, -1);
        create schema if not exists llm_gateway;
        create table if not exists llm_gateway.migration (
            number integer primary key, name text not null, applied_at timestamptz not null default clock_timestamp());
        """;

    public static async Task UpgradeAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var applied = await AppliedAsync(connection, cancellationToken);
        foreach (var migration in Migrations().Where(m => !applied.Contains(m.Number)))
            await ApplyAsync(connection, migration, cancellationToken);
    }

    /// <summary>In their order.</summary>
    internal static IEnumerable<Migration> Migrations() => typeof(Schema).Assembly.GetManifestResourceNames()
        .Where(n => n.EndsWith(".sql", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(n => new Migration(int.Parse(n.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), n));

    /// <summary>Without a lock, and without any right to create things: most starts find nothing to do.</summary>
    private static async Task<HashSet<int>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (var exists = new NpgsqlCommand(Applied, connection))
        {
            if ((int)(await exists.ExecuteScalarAsync(cancellationToken))! == 0)
                return [];
        }

        await using var command = new NpgsqlCommand("select number from llm_gateway.migration", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var numbers = new HashSet<int>();
        while (await reader.ReadAsync(cancellationToken))
            numbers.Add(reader.GetInt32(0));
        return numbers;
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, Prepare, cancellationToken);
        await using var note = new NpgsqlCommand(
            "insert into llm_gateway.migration (number, name) values ($1, $2) on conflict do nothing", connection);
        note.Parameters.Add(new NpgsqlParameter<int> { TypedValue = migration.Number });
        note.Parameters.Add(new NpgsqlParameter<string> { TypedValue = migration.Name });
        if (await note.ExecuteNonQueryAsync(cancellationToken) == 1)
            await ExecuteAsync(connection, migration.Text(), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string text, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(text, connection) { CommandTimeout = MigrationSeconds };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A script that is embedded under its name.</summary>
    internal readonly record struct Migration(int Number, string Name)
    {
        public string Text()
        {
            using var stream = typeof(Schema).Assembly.GetManifestResourceStream(Name)!;
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }
}
