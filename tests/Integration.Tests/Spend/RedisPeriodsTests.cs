using System.Collections.Immutable;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Support.Stores;

namespace Integration.Tests.Spend;

/// <summary>The calendar, under a Redis whose own clock is set; that of the gateways stays where it is.</summary>
public sealed class RedisPeriodsTests : SpendStoreClockContract, IAsyncLifetime
{
    private static readonly DateTimeOffset s_start = new(2026, 5, 6, 10, 20, 30, TimeSpan.Zero);

    private RedisServer? _server;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(ServerClock.Library is null, "libfaketime is not installed: `tests/provision.sh` does it");
        _server = await RedisServer.StartNewAsync(s_start);
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private protected override async Task<IClockedSpendStoreFixture> OpenAsync(params ImmutableArray<BudgetModel> budgets) =>
        new ClockedFixture(await RedisFixture.OpenAsync(_server!, budgets), _server!.Clock!);
}
