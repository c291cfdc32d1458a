using System.Collections.Immutable;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;

namespace Gateway.Tests.Budget;

public sealed class EmbeddedContractTests : SpendStoreContract
{
    // Each round of upkeep records what was accrued, without the clock being moved for it.
    private protected override async Task<ISpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets) =>
        await StoreFixture.OpenAsync(new() { AccrueInterval = TimeSpan.Zero }, budgets);
}

public sealed class EmbeddedClockContractTests : SpendStoreClockContract
{
    private protected override async Task<IClockedSpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets) =>
        await StoreFixture.OpenAsync(budgets);
}
