using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Support.Stores;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Money;

/// <summary>A process is killed and another one stands in its place, on the same volume.</summary>
public sealed class FormerProcessTests(SharedPostgres postgres) : IClassFixture<SharedPostgres>, IDisposable
{
    private readonly DirectoryInfo _volume = Directory.CreateTempSubdirectory("former-");
    private readonly BudgetModel _budget = NewBudget(cost: 10m);

    public void Dispose() => _volume.Delete(recursive: true);

    [Fact]
    public async Task What_a_killed_process_held_is_given_up_by_the_next_one_on_its_volume_and_others_keep_theirs()
    {
        await using var fixture = new PostgresFixture(postgres) { SpoolDirectory = _volume.FullName };
        await using var replica = new PostgresFixture(postgres) { Gateway = fixture.Gateway };
        await Task.WhenAll(fixture.StartAsync(), replica.StartAsync());
        var alone = Request(2m, _budget) with { Limits = new() { MaxParallelRequests = 1 }, KeyId = OtherKey };
        await fixture.AdmitAsync(alone);
        var other = await replica.AdmitAsync(Request(1m, _budget));

        await fixture.KillAsync(fixture.Store);
        await fixture.StartAsync();
        await fixture.KeepUpAsync();

        await fixture.ShouldStandAtAsync(_budget, settled: 0.5m, reserved: 1m);
        (await fixture.RowsAsync()).ShouldHaveSingleItem().Kind.ShouldBe(RowKind.Abandoned);
        await fixture.AdmitAsync(alone);
        await replica.SettleAsync(other, Settlement(0.75m));
        await fixture.ShouldStandAtAsync(_budget, settled: 1.25m, reserved: 2m);
    }

    [Fact]
    public async Task What_it_had_settled_on_the_volume_is_charged_before_the_rest_is_given_up()
    {
        await using var route = StoreRoute.To(postgres.Server);
        await using var fixture = new PostgresFixture(postgres)
        {
            SpoolDirectory = _volume.FullName,
            Url = route.Url(postgres.Server.Url),
        };
        await fixture.StartAsync();
        var (ended, open) = (await fixture.AdmitAsync(Request(2m, _budget)), await fixture.AdmitAsync(Request(4m, _budget)));
        route.HoldQuestions();
        await fixture.Store.SettleAsync(ended, Settlement(1.5m));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (_volume.GetFiles("*.jsonl").Length == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);

        await fixture.KillAsync(fixture.Store);
        route.Cut();
        route.Release();
        await fixture.StartAsync();
        await fixture.KeepUpAsync();

        (await fixture.RowsAsync()).Select(r => (r.CallId, r.Kind))
            .ShouldBe([(ended.CallId, RowKind.Settled), (open.CallId, RowKind.Abandoned)]);
        await fixture.ShouldStandAtAsync(_budget, settled: 2.5m);
    }
}
