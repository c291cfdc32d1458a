using System.Globalization;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Support.Stores;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Spend;

/// <summary>Where counters in Redis stand, as a replica tells others.</summary>
public sealed class RedisReadingTests : IAsyncLifetime
{
    private const int Keys = 1500;

    private static readonly BudgetModel s_perKey = NewBudget("each", cost: 1m, perKey: true);
    private static readonly BudgetModel s_shared = NewBudget("team", cost: 10_000m);

    private RedisServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartNewAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>More than one page, and more than Redis gives at once.</summary>
    [Fact]
    public async Task Counters_of_very_many_keys_are_all_read_each_once()
    {
        await using var fixture = await RedisFixture.OpenAsync(_server, s_perKey, s_shared);
        await Parallel.ForAsync(0, Keys, TestContext.Current.CancellationToken, async (i, _) =>
        {
            var request = Request(0.5m, s_perKey, s_shared) with { KeyId = KeyId(i) };
            await fixture.Store.SettleAsync(await fixture.AdmitAsync(request), Settlement(0.0001m * i));
        });
        await fixture.Store.FlushAsync();

        var counters = await fixture.ReadAsync(s_perKey, s_shared);

        var each = counters.Where(c => c.Budget == s_perKey.Id).ToDictionary(c => c.Key!, c => c.Settled);
        each.Count.ShouldBe(Keys);
        for (var i = 0; i < Keys; i++)
            each[KeyId(i)].ShouldBe(0.0001m * i);
        counters.Single(c => c.Budget == s_shared.Id).Settled.ShouldBe(Enumerable.Range(0, Keys).Sum(i => 0.0001m * i));
        fixture.Store.SpentBy(KeyId(7)).ToDecimal().ShouldBe(0.0007m);
    }

    [Fact]
    public async Task A_replica_that_has_seen_no_call_of_a_key_knows_what_the_key_has_spent()
    {
        await using var fixture = await RedisFixture.OpenAsync(_server, s_shared);
        await fixture.SpendAsync(0.2m, s_shared);

        var other = await fixture.StartAsync();
        await other.KeepUpAsync();

        other.SpentBy(Key).ToDecimal().ShouldBe(0.2m);
    }

    [Fact]
    public async Task A_budget_that_is_not_applied_any_more_is_not_read_and_not_made_anew()
    {
        await using var fixture = await RedisFixture.OpenAsync(_server, s_perKey, s_shared);
        await fixture.KeepUpAsync();
        fixture.Store.HasRead(s_shared).ShouldBeTrue();

        await fixture.ApplyAsync(s_perKey);

        fixture.Store.HasRead(s_shared).ShouldBeFalse();
        fixture.Store.HasRead(s_perKey).ShouldBeTrue();
        await fixture.Database.ExecuteAsync("FLUSHALL");
        await fixture.KeepUpAsync();
        (await fixture.Database.HashExistsAsync(fixture.Name("state"), "d:" + s_perKey.Id)).ShouldBeTrue();
        (await fixture.Database.HashExistsAsync(fixture.Name("state"), "d:" + s_shared.Id)).ShouldBeFalse();
    }

    private static string KeyId(int i) => string.Create(CultureInfo.InvariantCulture, $"team/{i}");
}
