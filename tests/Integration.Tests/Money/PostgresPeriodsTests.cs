using System.Collections.Immutable;
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
        return new ClockedFixture(await PostgresFixture.OpenAsync(postgres, budgets), postgres.Server.Clock);
    }

    /// <summary>A Postgres with a clock of its own.</summary>
    public sealed class Shared : SharedPostgres
    {
        private protected override Task<PostgresServer> StartServerAsync() =>
            ServerClock.Library is null ? base.StartServerAsync() : PostgresServer.StartNewAsync(s_start);
    }
}
