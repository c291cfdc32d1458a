using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Postgres;
using Gateway.Server.Budget.Spool;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Integration.Tests.Money;

/// <summary>A gateway in a Postgres, with as many replicas as a test wants. Upkeep only when the test says so.</summary>
internal sealed class PostgresFixture(SharedPostgres postgres) : ISpendStoreFixture
{
    private static readonly TimeSpan s_never = TimeSpan.FromDays(1);

    // By the transaction that wrote them: a row that the server made and one that a gateway made bear the times of two clocks.
    private const string Rows =
        "select llm_gateway.row_v1(l)::text from llm_gateway.ledger l where gateway = $1 order by l.xmin::text::bigint, ended_at, started_at";

    private readonly List<PostgresSpendStore> _stores = [];
    private readonly Dictionary<PostgresSpendStore, LedgerDatabase> _databases = [];

    public string Gateway { get; init; } = "ns/" + Guid.NewGuid().ToString("N");

    /// <summary>Where stores find the database; the server itself unless told otherwise.</summary>
    public string Url { get; init; } = postgres.Server.Url;

    public PostgresSpendStore Store { get; private set; } = null!;

    ISpendStore ISpendStoreFixture.Store => Store;

    public PostgresSpendOptions Options
    {
        get => field ??= new()
        {
            Gateway = Gateway,
            UpkeepInterval = s_never,
            RenewInterval = TimeSpan.Zero,
            SweepInterval = TimeSpan.Zero,
            RefreshInterval = s_never,
        };
        init;
    }

    /// <summary>Where rows wait for the database; null: in memory only. Of one store at a time.</summary>
    public string? SpoolDirectory { get; init; }

    public SpoolOptions SpoolOptions { get; init; } = new();

    public static async Task<PostgresFixture> OpenAsync(SharedPostgres postgres, params ImmutableArray<BudgetModel> budgets)
    {
        var fixture = new PostgresFixture(postgres);
        await fixture.StartAsync();
        fixture.Store.Apply(budgets);
        return fixture;
    }

    public async Task StartAsync() => Store = await JoinAsync();

    async Task<ISpendStore> ISpendStoreFixture.JoinAsync() => await JoinAsync();

    public Task<PostgresSpendStore> JoinAsync() => JoinAsync(TimeProvider.System);

    public async Task<PostgresSpendStore> JoinAsync(TimeProvider time)
    {
        var database = NewDatabase();
        var store = await PostgresSpendStore.OpenAsync(
            database, NewSpool(time), Options, time, NullLogger<PostgresSpendStore>.Instance);
        _stores.Add(store);
        _databases.Add(store, database);
        return store;
    }

    /// <summary>Ends a replica as kill -9 does, also one that cannot reach the database.</summary>
    public async Task KillAsync(PostgresSpendStore store)
    {
        _stores.Remove(store);
        store.Kill();
        _databases.Remove(store, out var database);
        await database!.DisposeAsync();
    }

    /// <summary>Ends a replica as a pod ends.</summary>
    public async Task LeaveAsync(PostgresSpendStore store)
    {
        _stores.Remove(store);
        await store.DisposeAsync();
    }

    private SpoolFolder NewSpool(TimeProvider time) => SpoolDirectory is { } directory
        ? SpoolFolder.Open(directory, SpoolOptions, time, NullLogger<SpoolFolder>.Instance)
        : SpoolFolder.InMemory(SpoolOptions, time, NullLogger<SpoolFolder>.Instance);

    public LedgerDatabase NewDatabase() => new(StoreUri.Postgres(Url).Uri!, null, Options);

    public Task ApplyAsync(params ImmutableArray<BudgetModel> budgets)
    {
        _stores.ForEach(store => store.Apply(budgets));
        return Task.CompletedTask;
    }

    public async Task<ImmutableArray<BudgetCounter>> ReadAsync(params ImmutableArray<BudgetModel> budgets) =>
        (await Store.ReadAsync(budgets, CancellationToken.None)).ShouldNotBeNull();

    public async Task<global::Gateway.Server.Metering.Money> SpentByAsync(string keyId)
    {
        var spent = await AskAsync<long?>($"select sum(spent)::bigint from llm_gateway.key_state where gateway = $1 and key = '{keyId}'");
        return new(spent ?? 0);
    }

    public async Task<IReadOnlyList<LedgerRow>> RowsAsync()
    {
        var rows = new List<LedgerRow>();
        await using var command = NewCommand(Rows);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add(JsonSerializer.Deserialize(reader.GetString(0), LedgerJson.Default.LedgerRow)!);
        return rows;
    }

    public Task KeepUpAsync() => Task.WhenAll(_stores.Select(store => store.TickAsync(CancellationToken.None)));

    /// <remarks>Every replica that lives renews the leases of its own calls before any looks for those that are over.</remarks>
    public async Task CrashAsync(params ImmutableArray<BudgetModel> budgets)
    {
        _stores.Remove(Store);
        _databases.Remove(Store, out var database);
        await database!.DisposeAsync();
        Store = await JoinAsync();
        await ApplyAsync(budgets);
        await ExpireAsync();
        await Task.WhenAll(_stores.Select(store => store.RenewAsync()));
        await KeepUpAsync();
    }

    public async Task LoseSightAsync()
    {
        await ExpireAsync();
        await AskAsync<long?>("select count(*) from llm_gateway.sweep_v1($1, 10000)");
    }

    public async Task AwaitMinuteAsync()
    {
        while (await AskAsync<bool>("select extract(second from clock_timestamp()) > 45 and $1 <> ''"))
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
    }

    /// <summary>One value, as an administrator sees it; the parameter is the gateway.</summary>
    public async Task<T> AskAsync<T>(string sql)
    {
        await using var command = NewCommand(sql);
        return await command.ExecuteScalarAsync() is T value ? value : default!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        foreach (var database in _databases.Values)
            await database.DisposeAsync();
    }

    private async Task ExpireAsync() => await AskAsync<long?>(
        "update llm_gateway.reservation set expires_at = clock_timestamp() - interval '1 hour' where gateway = $1");

    private NpgsqlCommand NewCommand(string sql)
    {
        var command = postgres.Admin.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Gateway });
        return command;
    }
}
