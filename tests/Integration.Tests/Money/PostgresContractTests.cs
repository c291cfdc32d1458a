using System.Collections.Immutable;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;

namespace Integration.Tests.Money;

/// <summary>What every tier promises, on a real server.</summary>
public sealed class PostgresContractTests(SharedPostgres postgres) : SpendStoreContract, IClassFixture<SharedPostgres>
{
    private protected override int Runs => 15;

    private protected override int Clients => 256;

    private protected override async Task<ISpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets) =>
        await PostgresFixture.OpenAsync(postgres, budgets);
}
