using System.Collections.Immutable;
using System.Text;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Embedded;
using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using Microsoft.Extensions.Logging.Abstractions;
using Gateway.Tests.Budget.Contract;
using Support;

namespace Gateway.Tests.Budget;

/// <summary>An embedded store on a directory of its own, with a clock that stands still and upkeep only when the test says so.</summary>
internal sealed class StoreFixture : IClockedSpendStoreFixture
{
    private readonly List<string> _directories = [];
    private readonly List<EmbeddedSpendStore> _stores = [];

    public ManualTimeProvider Time { get; } = new(new(2026, 5, 6, 10, 20, 30, TimeSpan.Zero));

    public EmbeddedSpendOptions Options { get; set; } = new();

    public string Directory { get; private set; } = "";

    public EmbeddedSpendStore Store { get; private set; } = null!;

    public string Gateway => "ns/gateway";

    ISpendStore ISpendStoreFixture.Store => Store;

    public static Task<StoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets) => OpenAsync(new(), budgets);

    public static async Task<StoreFixture> OpenAsync(EmbeddedSpendOptions options, params ImmutableArray<BudgetModel> budgets)
    {
        var fixture = new StoreFixture { Options = options };
        await fixture.OpenAsync(fixture.NewDirectory(), budgets);
        return fixture;
    }

    public async Task OpenAsync(string directory, params ImmutableArray<BudgetModel> budgets)
    {
        Directory = directory;
        Store = await EmbeddedSpendStore.OpenAsync(directory, Options, Time, NullLogger<EmbeddedSpendStore>.Instance, budgets);
        _stores.Add(Store);
    }

    /// <summary>What a start finds after kill -9: the files as they are now. The store that was killed is not closed.</summary>
    public Task CrashAsync(params ImmutableArray<BudgetModel> budgets) => OpenAsync(CopyFiles(), budgets);

    public async Task RestartAsync(params ImmutableArray<BudgetModel> budgets)
    {
        await Store.DisposeAsync();
        await OpenAsync(Directory, budgets);
    }

    public string CopyFiles() => CopyFiles(Directory);

    public string CopyFiles(string from)
    {
        var copy = NewDirectory();
        System.IO.Directory.CreateDirectory(copy);
        foreach (var file in System.IO.Directory.GetFiles(from, "*.jsonl"))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    public string[] Segments() => [.. System.IO.Directory.GetFiles(Directory, "*.jsonl").Order()];

    public string NewDirectory()
    {
        var directory = Path.Combine(Path.GetTempPath(), "spend-" + Guid.NewGuid().ToString("N"));
        _directories.Add(directory);
        return directory;
    }

    /// <summary>A whole call, without a round of upkeep.</summary>
    public async Task SpendAsync(decimal cost, params ImmutableArray<BudgetModel> budgets) =>
        await Store.SettleAsync(await this.AdmitAsync(SpendSamples.Request(cost, budgets)), SpendSamples.Settlement(cost));

    public BudgetCounter Read(BudgetModel budget) => Store.Read([budget]).ShouldHaveSingleItem();

    public Task<ISpendStore> JoinAsync() => Task.FromResult<ISpendStore>(Store);

    public Task ApplyAsync(params ImmutableArray<BudgetModel> budgets)
    {
        Store.Apply(budgets);
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<BudgetCounter>> ReadAsync(params ImmutableArray<BudgetModel> budgets) =>
        Task.FromResult(Store.Read(budgets));

    public Task<Money> SpentByAsync(string keyId) => Task.FromResult(Store.SpentBy(keyId));

    public Task<IReadOnlyList<LedgerRow>> RowsAsync() => Task.FromResult<IReadOnlyList<LedgerRow>>([.. Rows()]);

    public IEnumerable<LedgerRow> Rows()
    {
        foreach (var line in Segments().SelectMany(File.ReadAllLines))
        {
            if (JournalLine.Read(Encoding.UTF8.GetBytes(line))?.Row is { } row)
                yield return row;
        }
    }

    public Task KeepUpAsync()
    {
        Store.Tick();
        return Task.CompletedTask;
    }

    public Task LoseSightAsync()
    {
        Time.Advance(Options.AbandonAfter);
        return KeepUpAsync();
    }

    public Task AwaitMinuteAsync() => Task.CompletedTask;

    public Task SetClockAsync(DateTimeOffset now)
    {
        Time.Now = now;
        return KeepUpAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        foreach (var directory in _directories.Where(System.IO.Directory.Exists))
            System.IO.Directory.Delete(directory, recursive: true);
    }
}
