using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Embedded;
using Gateway.Server.Config;
using Gateway.Server.Metering;
using Microsoft.Extensions.Logging.Abstractions;
using Support;

namespace Gateway.Tests.Budget;

/// <summary>An embedded store on a directory of its own, with a clock that stands still and upkeep only when the test says so.</summary>
internal sealed class StoreFixture : IAsyncDisposable
{
    public const string Key = "team/key";

    private readonly List<string> _directories = [];
    private readonly List<EmbeddedSpendStore> _stores = [];

    public ManualTimeProvider Time { get; } = new(new(2026, 5, 6, 10, 20, 30, TimeSpan.Zero));

    public EmbeddedSpendOptions Options { get; set; } = new();

    public string Directory { get; private set; } = "";

    public EmbeddedSpendStore Store { get; private set; } = null!;

    public static async Task<StoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets)
    {
        var fixture = new StoreFixture();
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

    public static BudgetModel NewBudget(
        string name = "team",
        decimal? cost = null,
        long? tokens = null,
        BudgetPeriod period = BudgetPeriod.Daily,
        string zone = "UTC",
        bool perKey = false,
        BudgetAction action = BudgetAction.Block,
        BudgetEnforcement enforcement = BudgetEnforcement.Enforce,
        params ImmutableArray<string> models) => new(new()
        {
            Object = new() { Kind = "Budget", Namespace = "ns", Name = name },
            Cost = cost ?? (tokens is null ? 1m : null),
            Tokens = tokens,
            Period = period,
            TimeZone = zone,
            Aggregation = perKey ? BudgetAggregation.PerKey : BudgetAggregation.Shared,
            Action = action,
            Enforcement = enforcement,
            Models = models,
        });

    public static ReserveRequest Request(decimal cost, params ImmutableArray<BudgetModel> budgets) => new()
    {
        CallId = "call",
        KeyId = Key,
        Limits = new(),
        Budgets = budgets,
        Cost = Money.FromDecimal(cost),
        Tokens = 100,
        PromptCost = Money.FromDecimal(cost / 4),
        PromptTokens = 20,
        Facts = new() { Model = "gpt", Route = "ns/gpt", Stream = false },
    };

    public static Settlement Settlement(decimal cost, long tokens = 50, string? model = "gpt") => new()
    {
        Status = CallStatus.Completed,
        Cost = Money.FromDecimal(cost),
        Usage = new() { InputUncached = tokens },
        ServedModel = model,
    };

    public async Task<ReserveOutcome> ReserveAsync(ReserveRequest request) => await Store.ReserveAsync(request, CancellationToken.None);

    public async Task<Reservation> AdmitAsync(ReserveRequest request)
    {
        var outcome = await ReserveAsync(request);
        outcome.Refusal.ShouldBeNull();
        return outcome.Reservation.ShouldNotBeNull();
    }

    public async Task<T> RefuseAsync<T>(ReserveRequest request)
        where T : ReserveRefusal
    {
        var outcome = await ReserveAsync(request);
        outcome.Reservation.ShouldBeNull();
        return outcome.Refusal.ShouldBeOfType<T>();
    }

    /// <summary>A whole call.</summary>
    public async Task SpendAsync(decimal cost, params ImmutableArray<BudgetModel> budgets) =>
        await Store.SettleAsync(await AdmitAsync(Request(cost, budgets)), Settlement(cost));

    public BudgetCounter Read(BudgetModel budget) => Store.Read([budget]).ShouldHaveSingleItem();

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        foreach (var directory in _directories.Where(System.IO.Directory.Exists))
            System.IO.Directory.Delete(directory, recursive: true);
    }
}
