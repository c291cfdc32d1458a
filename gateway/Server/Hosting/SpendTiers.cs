using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Embedded;
using Gateway.Server.Budget.Postgres;
using Gateway.Server.Budget.Redis;
using Gateway.Server.Budget.Spool;
using Gateway.Server.Stores;

namespace Gateway.Server.Hosting;

/// <summary>Which tier counts what is spent: what the process was told of databases decides.</summary>
internal static class SpendTiers
{
    /// <summary>How long a start waits for Redis.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A database that does not answer keeps nobody from starting. Throws <see cref="InvalidDataException"/> where its URI cannot be used,
    /// <see cref="IOException"/> where another process uses the state directory.
    /// </summary>
    public static async Task<SpendParts> OpenAsync(GatewayOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        if (options.Postgres is not { } files)
        {
            var journal = Path.Combine(options.StateDirectory, "journal");
            var embedded = await EmbeddedSpendStore.OpenAsync(journal, new(), time, loggers.CreateLogger<EmbeddedSpendStore>());
            return new() { Store = embedded, Reports = embedded.Reports };
        }

        var settings = new PostgresSpendOptions
        {
            Gateway = options.Name!,
            Retention = TimeSpan.FromDays(options.LedgerRetentionDays),
        };
        var uri = Uri("GATEWAY_POSTGRES_URL_FILE", files, StoreUri.Postgres);
        var database = new LedgerDatabase(uri, files.Ca, settings);
        var spool = SpoolFolder.Open(
            Path.Combine(options.StateDirectory, "spool"),
            SpoolOptions.OfSize(options.SpoolMaxMiB),
            time,
            loggers.CreateLogger<SpoolFolder>());
        ISpendStore store = options.Redis is { } redis
            ? await StartRedisAsync(redis, options, database, spool, time, loggers)
            : await PostgresSpendStore.OpenAsync(database, spool, settings, time, loggers.CreateLogger<PostgresSpendStore>());
        var reports = new PostgresReports(uri, files.Ca, settings);
        return new() { Store = store, Reports = reports, Others = [reports, database] };
    }

    private static async Task<RedisSpendStore> StartRedisAsync(
        StoreFiles files, GatewayOptions options, LedgerDatabase database, SpoolFolder spool, TimeProvider time, ILoggerFactory loggers)
    {
        // The link reads the file again whenever it connects; a URI that is none is told at once.
        Uri("GATEWAY_REDIS_URL_FILE", files, StoreUri.Redis);
        var link = new RedisLink(files, options.Name!, options.StoreWatch.Bound, time);
        var ledger = new OrderedLedger(database, loggers.CreateLogger<OrderedLedger>());
        var store = new RedisSpendStore(
            new() { Gateway = options.Name! }, link, ledger, spool, time, loggers.CreateLogger<RedisSpendStore>());

        // A pod that is ready before it can count would refuse its first calls; one whose Redis is away starts all the same.
        await Task.WhenAny(store.KeepUpAsync(), Task.Delay(s_patience, time));
        store.Start();
        return store;
    }

    private static StoreUri Uri(string variable, StoreFiles files, Func<string, (StoreUri? Uri, string? Problem)> parse)
    {
        var (text, problem) = files.Read();
        if (text is null)
            throw new InvalidDataException($"{variable}: {problem}");
        var (uri, fault) = parse(text);
        return uri ?? throw new InvalidDataException($"{variable}: the URI in {files.Url} {fault}");
    }
}

/// <summary>What the tier consists of.</summary>
internal sealed record SpendParts : IAsyncDisposable
{
    public required ISpendStore Store { get; init; }

    public required ISpendReports Reports { get; init; }

    /// <summary>What the two need, closed after them.</summary>
    public IReadOnlyList<IAsyncDisposable> Others { get; init; } = [];

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        foreach (var other in Others)
            await other.DisposeAsync();
    }
}
