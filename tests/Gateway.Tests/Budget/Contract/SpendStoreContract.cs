using System.Collections.Immutable;
using Gateway.Server.Config;

namespace Gateway.Tests.Budget.Contract;

/// <summary>
/// The rules of money that hold in every tier. Each derives from it and gives its own store; what only one tier promises stands with that
/// tier. Amounts are judged, never instants: a real server's clock cannot be set.
/// </summary>
public abstract partial class SpendStoreContract
{
    private protected abstract Task<ISpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets);
}
