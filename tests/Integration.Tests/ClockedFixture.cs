using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Support.Stores;

namespace Integration.Tests;

/// <summary>A store on a server whose clock the test sets.</summary>
internal sealed class ClockedFixture(ISpendStoreFixture fixture, ServerClock clock) : IClockedSpendStoreFixture
{
    public string Gateway => fixture.Gateway;

    public ISpendStore Store => fixture.Store;

    /// <summary>A gateway learns the time from answers alone, so this asks for one; it counts nowhere.</summary>
    public async Task SetClockAsync(DateTimeOffset now)
    {
        clock.Set(now);
        await KeepUpAsync();
        await this.RefuseAsync<ReserveRefusal.RateLimited>(SpendSamples.Limited(new() { RequestsPerMinute = 0 }));
    }

    public Task<ISpendStore> JoinAsync() => fixture.JoinAsync();

    public Task ApplyAsync(params ImmutableArray<BudgetModel> budgets) => fixture.ApplyAsync(budgets);

    public Task<ImmutableArray<BudgetCounter>> ReadAsync(params ImmutableArray<BudgetModel> budgets) => fixture.ReadAsync(budgets);

    public Task<global::Gateway.Server.Metering.Money> SpentByAsync(string keyId) => fixture.SpentByAsync(keyId);

    public Task<IReadOnlyList<LedgerRow>> RowsAsync() => fixture.RowsAsync();

    public Task KeepUpAsync() => fixture.KeepUpAsync();

    public Task CrashAsync(params ImmutableArray<BudgetModel> budgets) => fixture.CrashAsync(budgets);

    public Task LoseSightAsync() => fixture.LoseSightAsync();

    public Task AwaitMinuteAsync() => fixture.AwaitMinuteAsync();

    public ValueTask DisposeAsync() => fixture.DisposeAsync();
}
