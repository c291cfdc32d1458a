using System.Globalization;
using Benchmarks.Servers;
using Npgsql;
using Support.Stores;

namespace Benchmarks.Spend;

/// <summary>A Postgres and a Redis, and the files that tell gateways of them.</summary>
internal sealed class Databases : IAsyncDisposable
{
    /// <summary>Of the LlmGateway.</summary>
    public const string Gateway = "bench/main";

    /// <summary>As for a small server of one's own: what is not named is as Postgres has it, fsync and synchronous_commit on.</summary>
    private static readonly string[] s_settings = ["shared_buffers=512MB", "max_wal_size=4GB"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bench-databases-");

    private Databases(PostgresServer postgres, RedisServer redis)
    {
        (Postgres, Redis) = (postgres, redis);
        Source = new NpgsqlDataSourceBuilder(string.Create(
            CultureInfo.InvariantCulture,
            $"Host=127.0.0.1;Port={postgres.Port};Username=gateway;Password={postgres.Password};Database=postgres;Command Timeout=0"))
            .Build();
        File.WriteAllText(PostgresFile, postgres.Url);
        File.WriteAllText(RedisFile, redis.Url);
    }

    public PostgresServer Postgres { get; }

    public RedisServer Redis { get; }

    public NpgsqlDataSource Source { get; }

    /// <summary>For gateways that count in Postgres.</summary>
    public IEnumerable<(string Name, string Value)> PostgresTier =>
        [("GATEWAY_NAME", Gateway), ("GATEWAY_POSTGRES_URL_FILE", PostgresFile)];

    /// <summary>For gateways that count in Redis.</summary>
    public IEnumerable<(string Name, string Value)> RedisTier => [.. PostgresTier, ("GATEWAY_REDIS_URL_FILE", RedisFile)];

    private string PostgresFile => Path.Combine(_folder.FullName, "postgres");

    private string RedisFile => Path.Combine(_folder.FullName, "redis");

    public static async Task<Databases> StartAsync() =>
        new(await PostgresServer.StartNewAsync(settings: s_settings), await RedisServer.StartNewAsync());

    /// <summary>User and system time of all its processes so far.</summary>
    public static TimeSpan ProcessorTime(StoreProcess server) =>
        server.Processes.Aggregate(TimeSpan.Zero, (sum, id) => sum + ProcessFigures.ProcessorTime(id));

    public void Execute(string sql)
    {
        using var command = Source.CreateCommand(sql);
        command.ExecuteNonQuery();
    }

    public long Ask(string sql)
    {
        using var command = Source.CreateCommand(sql);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>Empties Redis, as a server is that starts anew.</summary>
    public void FlushRedis()
    {
        using var socket = new System.Net.Sockets.TcpClient("127.0.0.1", Redis.Port);
        socket.GetStream().Write("FLUSHALL\r\n"u8);
        if (socket.GetStream().ReadByte() != '+')
            throw new InvalidDataException("Redis did not obey FLUSHALL.");
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await Redis.DisposeAsync();
        await Postgres.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
