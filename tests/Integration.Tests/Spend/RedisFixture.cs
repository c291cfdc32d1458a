using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Redis;
using Gateway.Server.Budget.Spool;
using Gateway.Server.Config;
using Gateway.Server.Stores;
using Gateway.Tests.Budget.Contract;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Support.Stores;

namespace Integration.Tests.Spend;

using Money = global::Gateway.Server.Metering.Money;

/// <summary>Replicas of one gateway on a real Redis, with upkeep only when the test says so, unless it asks for more.</summary>
internal sealed class RedisFixture : ILossySpendStoreFixture
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("redis-");
    private readonly List<RedisSpendStore> _replicas = [];
    private readonly List<RedisSpendStore> _dead = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ConnectionMultiplexer _connection;
    private readonly string? _caFile;
    private ImmutableArray<BudgetModel> _budgets;

    public RedisFixture(RedisServer server, string? caFile = null)
    {
        _caFile = caFile;
        File.WriteAllText(UrlFile, server.Url);
        _connection = Connect(server);
    }

    public string Gateway { get; init; } = $"ns/{Guid.NewGuid():N}";

    public RedisSpendOptions Options
    {
        get => field ??= new() { Gateway = Gateway, Bound = TimeSpan.FromSeconds(5), UpkeepBound = TimeSpan.FromSeconds(5) };
        set;
    }

    /// <summary>Where the next replica keeps what waits; null: in memory only.</summary>
    public string? SpoolDirectory { get; set; }

    public SpoolOptions SpoolOptions { get; init; } = new();

    /// <summary>True: replicas look after themselves.</summary>
    public bool IsAutomatic { get; init; }

    public MemoryLedger Ledger { get; } = new();

    /// <summary>Where rows go instead.</summary>
    public IOrderedLedger? RealLedger { get; init; }

    public IDatabase Database => _connection.GetDatabase();

    public RedisSpendStore Store { get; set; } = null!;

    public IReadOnlyList<RedisSpendStore> Replicas => _replicas;

    ISpendStore ISpendStoreFixture.Store => Store;

    public string UrlFile => Path.Combine(_folder.FullName, "url");

    public static async Task<RedisFixture> OpenAsync(RedisServer server, params ImmutableArray<BudgetModel> budgets)
    {
        var fixture = new RedisFixture(server);
        await fixture.OpenAsync(budgets);
        return fixture;
    }

    public async Task OpenAsync(params ImmutableArray<BudgetModel> budgets)
    {
        _budgets = budgets;
        Store = await StartAsync();
    }

    public async Task<ISpendStore> JoinAsync() => await StartAsync();

    public async Task ApplyAsync(params ImmutableArray<BudgetModel> budgets)
    {
        _budgets = budgets;
        foreach (var replica in _replicas)
            replica.Apply(budgets);
        await KeepUpAsync();
    }

    public async Task<ImmutableArray<BudgetCounter>> ReadAsync(params ImmutableArray<BudgetModel> budgets)
    {
        (await Store.RefreshAsync(budgets)).ShouldBeTrue();
        return Store.Read(budgets);
    }

    public async Task<Money> SpentByAsync(string keyId)
    {
        var spent = await Database.HashGetAsync(Name("spent"), keyId);
        return new(spent.IsNull ? 0 : (long)spent);
    }

    public Task<IReadOnlyList<LedgerRow>> RowsAsync() => Task.FromResult<IReadOnlyList<LedgerRow>>(Ledger.Rows);

    public async Task KeepUpAsync()
    {
        foreach (var replica in _replicas)
            await replica.KeepUpAsync();
    }

    public async Task CrashAsync(params ImmutableArray<BudgetModel> budgets)
    {
        var dead = Store;
        await KillAsync(dead);
        _budgets = budgets;
        Store = await StartAsync();
        await SweepAsync();
    }

    /// <remarks>Again, where a late sweeper has let calls live for one more lease.</remarks>
    public Task LoseSightAsync() => UntilAsync(
        async () =>
        {
            await EndLeasesAsync(_ => true, 1);
            await SweepAsync();
            return await Database.SortedSetLengthAsync(Name("leases")) == 0;
        },
        "all are given up");

    public async Task LoseCountersAsync()
    {
        await Database.KeyDeleteAsync((RedisKey[])(await Database.ExecuteAsync("KEYS", $"{Name("*")}"))!);
        await KeepUpAsync();
        var opens = (long)await Database.HashGetAsync(Name("state"), "opens");
        await UntilAsync(async () => await MicrosAsync() >= opens, "calls are admitted again");
        await KeepUpAsync();
    }

    /// <summary>It does nothing from here on.</summary>
    public void Kill(RedisSpendStore replica)
    {
        _replicas.Remove(replica);
        _dead.Add(replica);
        replica.Kill();
    }

    /// <summary>As <see cref="Kill"/>, and it is known to be gone.</summary>
    public async Task KillAsync(RedisSpendStore replica)
    {
        Kill(replica);
        await EndLeasesAsync(id => id.StartsWith(replica.Session, StringComparison.Ordinal), 0);
    }

    public async Task SweepAsync()
    {
        await Store.SweepAsync();
        await KeepUpAsync();
    }

    /// <summary>Waits until the counter of this budget stands so in the store; says where it stood last if it never does.</summary>
    public async Task UntilAsync(BudgetModel budget, decimal settled, decimal reserved = 0)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        (decimal, decimal) last = (-1, -1);
        while (last != (settled, reserved))
        {
            patience.IsCancellationRequested.ShouldBeFalse($"{last} is not {(settled, reserved)}");
            if (Store.Health.IsWritable && await Store.RefreshAsync([budget]) && Store.Read([budget]) is [var counter])
                last = (counter.Settled, counter.Reserved);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            patience.IsCancellationRequested.ShouldBeFalse(what);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public async Task AwaitMinuteAsync()
    {
        var time = (RedisValue[])(await Database.ExecuteAsync("TIME"))!;
        var second = (long)time[0] % 60;
        if (second >= 45)
            await Task.Delay(TimeSpan.FromSeconds(60.5 - second), TestContext.Current.CancellationToken);
    }

    /// <summary>What keys of this gateway have used in their minutes.</summary>
    public async Task<RedisKey[]> KeyStatesAsync() =>
        (RedisKey[])(await Database.ExecuteAsync("KEYS", $"{Name("k:")}*"))!;

    public RedisKey Name(string name) => $"{{llmgw:{Gateway}}}:1:{name}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var replica in _replicas)
            await replica.DisposeAsync();
        _connection.Close(allowCommandsToComplete: false);
        _folder.Delete(recursive: true);
    }

    public async Task<RedisSpendStore> StartAsync(TimeProvider? time = null)
    {
        var link = new RedisLink(new(UrlFile, _caFile), Gateway, TimeSpan.FromSeconds(5), TimeProvider.System);
        var store = new RedisSpendStore(
            Options, link, RealLedger ?? Ledger, NewSpool(), time ?? TimeProvider.System, NullLogger<RedisSpendStore>.Instance);
        _replicas.Add(store);
        store.Apply(_budgets);
        await store.CheckAsync();
        if (IsAutomatic)
            store.Start();
        else
            _ = Task.Run(() => FlushAsync(store));
        return store;
    }

    private async Task<long> MicrosAsync()
    {
        var time = (RedisValue[])(await Database.ExecuteAsync("TIME"))!;
        return ((long)time[0] * 1_000_000) + (long)time[1];
    }

    private SpoolFolder NewSpool() => SpoolDirectory is { } directory
        ? SpoolFolder.Open(directory, SpoolOptions, TimeProvider.System, NullLogger<SpoolFolder>.Instance)
        : SpoolFolder.InMemory(SpoolOptions, TimeProvider.System, NullLogger<SpoolFolder>.Instance);

    private ConnectionMultiplexer Connect(RedisServer server)
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { "127.0.0.1", server.Port } },
            Password = server.Password,
            Ssl = server.IsEncrypted,
            AllowAdmin = true,
            AbortOnConnectFail = false,
        };
        options.CertificateValidation += (_, certificate, chain, errors) => PrivateAuthorities.Trust(_caFile!, certificate, chain, errors);
        return ConnectionMultiplexer.Connect(options);
    }

    /// <summary>Clients that wait for room need others to be counted meanwhile.</summary>
    private async Task FlushAsync(RedisSpendStore store)
    {
        while (!_stop.IsCancellationRequested && !_dead.Contains(store))
        {
            await store.FlushAsync();
            await Task.Delay(2);
        }
    }

    private async Task EndLeasesAsync(Func<string, bool> which, int end)
    {
        foreach (string? id in await Database.SortedSetRangeByRankAsync(Name("leases")))
        {
            if (which(id!))
                await Database.SortedSetAddAsync(Name("leases"), id, end);
        }
    }
}
