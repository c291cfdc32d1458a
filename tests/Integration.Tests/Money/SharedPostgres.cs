using Npgsql;
using Support.Stores;

namespace Integration.Tests.Money;

/// <summary>One Postgres for many tests, each with a gateway of its own in it.</summary>
public class SharedPostgres : IAsyncLifetime
{
    /// <summary>The administrator's connection.</summary>
    public NpgsqlDataSource Admin { get; private set; } = null!;

    /// <summary>What stores connect to.</summary>
    public PostgresServer Server { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Server = await StartServerAsync();
        Admin = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Server.Port,
            Username = "gateway",
            Password = Server.Password,
            Database = "postgres",
        });
    }

    private protected virtual Task<PostgresServer> StartServerAsync() => PostgresServer.StartNewAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Admin.DisposeAsync();
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
