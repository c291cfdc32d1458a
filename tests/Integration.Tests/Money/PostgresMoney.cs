using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Postgres;
using Gateway.Server.Config;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Support.Stores;

namespace Integration.Tests.Money;

/// <summary>One Postgres, and as many stores on it as a test wants replicas.</summary>
public sealed class PostgresMoney : IAsyncDisposable
{
    internal const string Gateway = "ns/main";
    internal const string Key = "team/key";

    private readonly List<PostgresSpendStore> _stores = [];
    private readonly List<LedgerDatabase> _databases = [];
    private NpgsqlDataSource _admin = null!;
    private int _calls;

    public PostgresServer Server { get; private set; } = null!;

    internal PostgresSpendOptions Options { get; set; } = new()
    {
        Gateway = Gateway,
        UpkeepInterval = TimeSpan.FromMilliseconds(50),
    };

    public static async Task<PostgresMoney> StartAsync()
    {
        var money = new PostgresMoney { Server = await PostgresServer.StartNewAsync() };
        money._admin = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = money.Server.Port,
            Username = "gateway",
            Password = money.Server.Password,
            Database = "postgres",
        });
        return money;
    }

    internal LedgerDatabase Database()
    {
        var (uri, fault) = StoreUri.Postgres(Server.Url);
        fault.ShouldBeNull();
        var database = new LedgerDatabase(uri!, null, Options);
        _databases.Add(database);
        return database;
    }

    internal async Task<PostgresSpendStore> OpenAsync()
    {
        var store = await PostgresSpendStore.OpenAsync(
            Database(), Options, TimeProvider.System, NullLogger<PostgresSpendStore>.Instance);
        _stores.Add(store);
        return store;
    }

    internal static BudgetModel Budget(
        string name = "team",
        decimal? cost = null,
        long? tokens = null,
        BudgetPeriod period = BudgetPeriod.Total,
        string zone = "UTC",
        bool perKey = false,
        BudgetAction action = BudgetAction.Block,
        params ImmutableArray<string> models) => new(new()
        {
            Object = new() { Kind = "Budget", Uid = name, Namespace = "ns", Name = name },
            Cost = cost ?? (tokens is null ? 1m : null),
            Tokens = tokens,
            Period = period,
            TimeZone = zone,
            Aggregation = perKey ? BudgetAggregation.PerKey : BudgetAggregation.Shared,
            Action = action,
            Enforcement = BudgetEnforcement.Enforce,
            Models = models,
        });

    internal ReserveRequest Request(decimal cost, params ImmutableArray<BudgetModel> budgets) => new()
    {
        CallId = $"call-{Interlocked.Increment(ref _calls)}",
        KeyId = Key,
        Limits = new(),
        Budgets = budgets,
        Cost = global::Gateway.Server.Metering.Money.FromDecimal(cost),
        Tokens = 100,
        PromptCost = global::Gateway.Server.Metering.Money.FromDecimal(cost / 4),
        PromptTokens = 20,
        Facts = new() { Model = "gpt", Route = "ns/gpt", Stream = false },
    };

    internal static Settlement Settlement(decimal cost, long tokens = 50, string? model = "gpt") => new()
    {
        Status = CallStatus.Completed,
        Cost = global::Gateway.Server.Metering.Money.FromDecimal(cost),
        Usage = new() { InputUncached = tokens },
        ServedModel = model,
    };

    internal static async Task<Reservation> AdmitAsync(ISpendStore store, ReserveRequest request)
    {
        var outcome = await store.ReserveAsync(request, CancellationToken.None);
        outcome.Refusal.ShouldBeNull();
        return outcome.Reservation.ShouldNotBeNull();
    }

    internal static async Task<T> RefuseAsync<T>(ISpendStore store, ReserveRequest request)
        where T : ReserveRefusal
    {
        var outcome = await store.ReserveAsync(request, CancellationToken.None);
        outcome.Reservation.ShouldBeNull();
        return outcome.Refusal.ShouldBeOfType<T>();
    }

    internal async Task SpendAsync(ISpendStore store, decimal cost, params ImmutableArray<BudgetModel> budgets) =>
        await store.SettleAsync(await AdmitAsync(store, Request(cost, budgets)), Settlement(cost));

    internal static async Task<BudgetCounter> ReadAsync(PostgresSpendStore store, BudgetModel budget) =>
        (await store.ReadAsync([budget], CancellationToken.None)).ShouldNotBeNull().ShouldHaveSingleItem();

    /// <summary>One value, as an administrator sees it.</summary>
    public async Task<T> AskAsync<T>(string sql)
    {
        await using var command = _admin.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Waits until it is so.</summary>
    public async Task UntilAsync(string sql)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await AskAsync<bool>(sql))
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        foreach (var database in _databases)
            await database.DisposeAsync();
        await _admin.DisposeAsync();
        await Server.DisposeAsync();
    }
}
