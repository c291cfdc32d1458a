using System.Collections.Immutable;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;

namespace Gateway.Tests.Budget;

public sealed class EmbeddedContractTests : SpendStoreContract
{
    // Each round of upkeep records what was accrued without the clock being moved for it, and small segments follow each other often.
    private protected override async Task<ISpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets) =>
        await StoreFixture.OpenAsync(new() { AccrueInterval = TimeSpan.Zero, SegmentBytes = 5_000 }, budgets);
}

public sealed class EmbeddedClockContractTests : SpendStoreClockContract
{
    private protected override async Task<IClockedSpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets) =>
        await StoreFixture.OpenAsync(budgets);
}
