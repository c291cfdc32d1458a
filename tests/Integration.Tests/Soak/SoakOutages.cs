using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using Support.Stores;

namespace Integration.Tests.Soak;

/// <summary>Everything that happens to the databases and the replicas.</summary>
internal sealed class SoakOutages(PostgresServer postgres, RedisServer redis, IReadOnlyList<SoakFleet> fleets) : IAsyncDisposable
{
    private RedisServer _redis = redis;
    private NpgsqlDataSource _admin = Source(postgres);

    /// <summary>Each by its name; it ends when all is well again but for what the gateways have to do.</summary>
    public IReadOnlyList<(string Name, Func<TimeSpan, Task> Act)> All =>
    [
        ("Redis killed, back with its data", async length =>
        {
            await _redis.KillAsync();
            await Task.Delay(length, TimeProvider.System);
            await _redis.StartAsync();
        }),
        ("Postgres killed", async length =>
        {
            await postgres.KillAsync();
            await Task.Delay(length, TimeProvider.System);
            await postgres.StartAsync();
        }),
        ("Redis killed, back empty", async length =>
        {
            await FlushAsync();
            await _redis.KillAsync();
            await Task.Delay(length, TimeProvider.System);
            await _redis.StartAsync();
        }),
        ("replicas killed", async length =>
        {
            foreach (var fleet in fleets)
                await fleet.KillAsync(1);
            await Task.Delay(length, TimeProvider.System);
        }),
        ("Redis paused", async length =>
        {
            _redis.Pause();
            await Task.Delay(length, TimeProvider.System);
            _redis.Resume();
        }),
        ("Postgres paused", async length =>
        {
            postgres.Pause();
            await Task.Delay(length, TimeProvider.System);
            postgres.Resume();
        }),
        ("Redis moved", async length =>
        {
            var former = _redis;
            await former.KillAsync();
            await Task.Delay(length, TimeProvider.System);
            _redis = await RedisServer.StartNewAsync();
            foreach (var fleet in fleets)
                await fleet.MoveRedisAsync(_redis.Url);
        }),
        ("Postgres read-only", async length =>
        {
            await ReadOnlyAsync("on");
            await Task.Delay(length, TimeProvider.System);
            await ReadOnlyAsync("off");
        }),
        ("Redis emptied under load", async length =>
        {
            for (var until = TimeProvider.System.GetUtcNow() + length; TimeProvider.System.GetUtcNow() < until;)
            {
                await FlushAsync();
                await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
            }
        }),
        ("Postgres out of connections", OutOfConnectionsAsync),
        ("Postgres slow", SlowAsync),
        ("replicas killed while Redis is emptied", async length =>
        {
            await FlushAsync();
            foreach (var fleet in fleets)
                await fleet.KillAsync(2);
            await Task.Delay(length, TimeProvider.System);
        }),
    ];

    public async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync();
        await _redis.DisposeAsync();
        await postgres.DisposeAsync();
    }

    private static NpgsqlDataSource Source(PostgresServer postgres) => new NpgsqlDataSourceBuilder(string.Create(
        CultureInfo.InvariantCulture,
        $"Host=127.0.0.1;Port={postgres.Port};Username=gateway;Password={postgres.Password};Database=postgres;Pooling=false")).Build();

    /// <summary>Nine tenths of the time it does not answer.</summary>
    private async Task SlowAsync(TimeSpan length)
    {
        for (var until = TimeProvider.System.GetUtcNow() + length; TimeProvider.System.GetUtcNow() < until;)
        {
            postgres.Pause();
            await Task.Delay(TimeSpan.FromMilliseconds(900), TimeProvider.System);
            postgres.Resume();
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    /// <summary>Takes all that there are, and those of the gateways too.</summary>
    private async Task OutOfConnectionsAsync(TimeSpan length)
    {
        var taken = new List<NpgsqlConnection>();
        await ExecuteAsync("""
            select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'
            """);
        for (var until = TimeProvider.System.GetUtcNow() + length; TimeProvider.System.GetUtcNow() < until;)
        {
            try
            {
                taken.Add(await _admin.OpenConnectionAsync());
            }
            catch (NpgsqlException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            }
        }

        foreach (var connection in taken)
            await connection.DisposeAsync();
    }

    private async Task ReadOnlyAsync(string value)
    {
        await ExecuteAsync($"alter system set default_transaction_read_only = {value}");
        await ExecuteAsync("select pg_reload_conf()");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await _admin.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task FlushAsync()
    {
        using var client = new TcpClient("127.0.0.1", _redis.Port);
        await client.GetStream().WriteAsync("FLUSHALL\r\n"u8.ToArray());
        client.GetStream().ReadByte().ShouldBe('+');
    }

    public NpgsqlDataSource Admin => _admin;
}
