using System.Collections.Immutable;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;

namespace Integration.Tests.Spend;

public sealed class RedisContractTests(SharedRedis redis) : SpendStoreContract, IClassFixture<SharedRedis>
{
    private protected override int Runs => 20;

    private protected override int Steps => 40;

    private protected override async Task<ISpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets)
    {
        var fixture = new RedisFixture(redis.Server);
        fixture.Options = fixture.Options with { CheckInterval = TimeSpan.FromMilliseconds(5) };
        await fixture.OpenAsync(budgets);
        return fixture;
    }
}
