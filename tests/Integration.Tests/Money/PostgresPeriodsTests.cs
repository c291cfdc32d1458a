using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Support.Stores;

namespace Integration.Tests.Money;

/// <summary>The calendar, under a Postgres whose own clock is set; that of the gateways stays where it is.</summary>
public sealed class PostgresPeriodsTests(PostgresPeriodsTests.Shared postgres)
    : SpendStoreClockContract, IClassFixture<PostgresPeriodsTests.Shared>
{
    private static readonly DateTimeOffset s_start = new(2026, 5, 6, 10, 20, 30, TimeSpan.Zero);

    private protected override async Task<IClockedSpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets)
    {
        Assert.SkipWhen(ServerClock.Library is null, "libfaketime is not installed: `tests/provision.sh` does it");
        postgres.Server.Clock!.Set(s_start);
        return new Clocked(await PostgresFixture.OpenAsync(postgres, budgets), postgres.Server.Clock);
    }

    /// <summary>A Postgres with a clock of its own.</summary>
    public sealed class Shared : SharedPostgres
    {
        private protected override Task<PostgresServer> StartServerAsync() =>
            ServerClock.Library is null ? base.StartServerAsync() : PostgresServer.StartNewAsync(s_start);
    }

    private sealed class Clocked(PostgresFixture fixture, ServerClock clock) : IClockedSpendStoreFixture
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

        public async Task<ISpendStore> JoinAsync() => await fixture.JoinAsync();

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
}
