using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Support.Stores;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Money;

using Money = global::Gateway.Server.Metering.Money;

/// <summary>What is said on the way to Postgres and back is lost or late.</summary>
public sealed class PostgresNetworkTests : IAsyncLifetime
{
    private readonly SharedPostgres _postgres = new();
    private readonly BudgetModel _budget = NewBudget(cost: 10m);
    private StoreRoute _route = null!;
    private PostgresFixture _fixture = null!;

    public async ValueTask InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _route = StoreRoute.To(_postgres.Server);
        _fixture = new(_postgres)
        {
            Gateway = "ns/main",
            Url = _route.Url(_postgres.Server.Url),
            Options = new() { Gateway = "ns/main", Bound = TimeSpan.FromSeconds(1), UpkeepInterval = TimeSpan.FromMilliseconds(50) },
        };
        await _fixture.StartAsync();

        // The first answers of a server that has just begun may take longer than the bound.
        Reservation? call = null;
        await AwaitAsync(async () => (call = (await _fixture.ReserveAsync(Request(1m, _budget))).Reservation) is not null);
        await _fixture.SettleAsync(call!, Settlement(1m));
        await AwaitAsync(async () => await HeldAsync() == 0 && (await _fixture.RowsAsync()).Sum(r => r.CostNanos) == 1_000_000_000);
    }

    public async ValueTask DisposeAsync()
    {
        await _route.DisposeAsync();
        await _fixture.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task A_settle_whose_answer_was_lost_is_written_again_and_counts_once()
    {
        var call = await _fixture.AdmitAsync(Request(2m, _budget));
        _route.HoldAnswers();
        var settling = _fixture.Store.SettleAsync(call, Settlement(1.5m));
        await AwaitAsync(async () => (await _fixture.RowsAsync()).Sum(r => r.CostNanos) == 2_500_000_000);
        _route.Cut();
        _route.Release();

        await settling;
        await AwaitAsync(() => Task.FromResult(_fixture.Store.Health.IsWritable));
        await _fixture.SpendAsync(0.5m, _budget);
        (await _fixture.RowsAsync()).Sum(r => r.CostNanos).ShouldBe(3_000_000_000);
        await _fixture.ShouldStandAtAsync(_budget, settled: 3m);
    }

    [Fact]
    public async Task A_reserve_whose_answer_was_lost_holds_nothing_once_the_database_answers_again()
    {
        // A question that found only connections in use, and so was never asked, proves nothing.
        var wasHeld = false;
        while (!wasHeld)
        {
            _route.HoldAnswers();
            await _fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(9m, _budget));
            wasHeld = await HeldAsync() == 1;
            _route.Cut();
            _route.Release();
            await AwaitAsync(() => Task.FromResult(_fixture.Store.Health.IsWritable));
        }

        await AwaitAsync(async () => await HeldAsync() == 0);
        await _fixture.ShouldStandAtAsync(_budget, settled: 1m);
        await _fixture.AdmitAsync(Request(9m, _budget));
    }

    [Fact]
    public async Task A_call_that_is_raised_and_renewed_in_one_statement_is_raised_once()
    {
        var call = await _fixture.AdmitAsync(Request(2m, _budget));
        _route.HoldQuestions();
        var first = _fixture.Store.RenewAsync();
        _fixture.Store.Accrue(call, Money.FromDecimal(3m), 10);
        var second = _fixture.Store.RenewAsync();
        _route.Release();
        await Task.WhenAll(first, second);
        await _fixture.ShouldStandAtAsync(_budget, settled: 1m, reserved: 3m);

        await _fixture.Store.SettleAsync(call, Settlement(3m));
        await _fixture.ShouldStandAtAsync(_budget, settled: 4m, overshoot: 1m);
    }

    [Fact]
    public async Task A_slow_database_delays_calls_and_refuses_none()
    {
        _route.Delay = TimeSpan.FromMilliseconds(100);
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => _fixture.SpendAsync(0.1m, _budget)));
        await _fixture.ShouldStandAtAsync(_budget, settled: 7.4m);
    }

    [Fact]
    public async Task A_database_that_is_slower_than_the_bound_is_lost_and_found_again_with_all_that_was_spent()
    {
        var live = await _fixture.AdmitAsync(Request(2m, _budget));
        _route.Delay = TimeSpan.FromSeconds(2);
        await _fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m, _budget));
        var open = await _fixture.AdmitAsync(Request(1m, _budget) with { FailureMode = global::Gateway.Contract.FailureMode.FailOpen });
        await _fixture.Store.SettleAsync(live, Settlement(1.5m));
        await _fixture.Store.SettleAsync(open, Settlement(0.5m));
        _route.Delay = TimeSpan.Zero;

        await AwaitAsync(async () => (await _fixture.RowsAsync()).Sum(r => r.CostNanos) == 3_000_000_000);
        await AwaitAsync(() => Task.FromResult(_fixture.Store.Health.IsWritable));
        await _fixture.ShouldStandAtAsync(_budget, settled: 3m);
    }

    private Task<long> HeldAsync() => _fixture.AskAsync<long>("select count(*) from llm_gateway.reservation where gateway = $1");

    private static async Task AwaitAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
    }
}
