using Npgsql;
using Support.Stores;

namespace Integration.Tests.Money;

/// <summary>One Postgres for many tests, each with a gateway of its own in it.</summary>
public sealed class SharedPostgres : IAsyncLifetime
{
    /// <summary>The administrator's connection.</summary>
    public NpgsqlDataSource Admin { get; private set; } = null!;

    /// <summary>What stores connect to.</summary>
    public PostgresServer Server { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Server = await PostgresServer.StartNewAsync();
        Admin = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Server.Port,
            Username = "gateway",
            Password = Server.Password,
            Database = "postgres",
        });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Admin.DisposeAsync();
        await Server.DisposeAsync();
    }
}
