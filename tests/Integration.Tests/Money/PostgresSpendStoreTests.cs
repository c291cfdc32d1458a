using Gateway.Server.Budget;
using Gateway.Server.Budget.Postgres;
using static Integration.Tests.Money.PostgresMoney;

namespace Integration.Tests.Money;

/// <summary>The Postgres tier on a real server: several stores stand for several replicas.</summary>
public sealed class PostgresSpendStoreTests : IAsyncLifetime
{
    private PostgresMoney _money = null!;

    public async ValueTask InitializeAsync() => _money = await StartAsync();

    public ValueTask DisposeAsync() => _money.DisposeAsync();

    [Fact]
    public async Task Replicas_that_start_at_once_on_an_empty_database_make_one_schema()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(_money.OpenAsync)));

        stores.ShouldAllBe(store => store.Health.IsWritable);
        (await _money.AskAsync<long>("select count(*) from llm_gateway.migration")).ShouldBe(Schema.Migrations().Count());
    }

    [Fact]
    public async Task A_call_is_held_and_then_charged_what_it_cost()
    {
        var store = await _money.OpenAsync();
        var budget = Budget(cost: 1m);

        var call = await AdmitAsync(store, _money.Request(0.6m, budget));
        (await ReadAsync(store, budget)).Reserved.ShouldBe(0.6m);
        (await RefuseAsync<ReserveRefusal.BudgetReserved>(store, _money.Request(0.6m, budget))).Reserved.ShouldBe(600_000_000);
        await store.SettleAsync(call, Settlement(0.25m));
        await store.SettleAsync(call, Settlement(0.25m));

        var counter = await ReadAsync(store, budget);
        (counter.Settled, counter.Reserved, counter.Overshoot).ShouldBe((0.25m, 0m, 0m));
        store.SpentBy(Key).ToDecimal().ShouldBe(0.25m);
        (await _money.AskAsync<long>("select sum(cost_nanos)::bigint from llm_gateway.ledger where kind = 'Settled'")).ShouldBe(250_000_000);
        (await _money.AskAsync<long>("select sum(cost_nanos)::bigint from llm_gateway.usage_hour where calls = 1")).ShouldBe(250_000_000);
        var refusal = await RefuseAsync<ReserveRefusal.BudgetExceeded>(store, _money.Request(0.8m, budget));
        (refusal.Settled, refusal.Requested, refusal.ResetTime).ShouldBe((250_000_000, 800_000_000, null));
    }
}
