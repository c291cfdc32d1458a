using Gateway.Server.Budget;
using Gateway.Server.Budget.Postgres;
using Gateway.Server.Budget.Redis;
using Gateway.Server.Config;
using Integration.Tests.Money;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Spend;

/// <summary>One gateway whose replicas count in Postgres and in Redis, as in a roll that adds Redis or takes it away.</summary>
public sealed class ChangedTierTests(SharedPostgres postgres, SharedRedis redis)
    : IClassFixture<SharedPostgres>, IClassFixture<SharedRedis>, IDisposable
{
    private static readonly BudgetModel s_budget = NewBudget(cost: 10m);

    private readonly DirectoryInfo _volume = Directory.CreateTempSubdirectory("changed-");

    public void Dispose() => _volume.Delete(recursive: true);

    [Fact]
    public async Task What_old_replicas_settle_in_Postgres_after_Redis_was_seeded_reaches_its_counters_once()
    {
        await using var fixture = NewRedis(out var database);
        await using var _ = database;
        await using var old = await OpenPostgresAsync(fixture);
        await SpendAsync(old.Store, 0.1m);
        var stream = await AdmitAsync(old.Store, 0.5m);
        await fixture.OpenAsync(s_budget);
        var second = await fixture.StartAsync();
        await UntilAsync(fixture, settled: 0.1m);
        await SpendAsync(fixture.Store, 0.2m);
        var live = await AdmitAsync(second, 0.7m);

        await old.Store.SettleAsync(stream, Settlement(0.4m));
        await old.KeepUpAsync();

        await UntilAsync(fixture, settled: 0.7m, reserved: 0.7m);
        await second.SettleAsync(live, Settlement(0.3m));
        await UntilAsync(fixture, settled: 1m);
        (await old.RowsAsync()).Sum(r => r.CostNanos).ShouldBe(1_000_000_000);
        (await fixture.SpentByAsync(Key)).ToDecimal().ShouldBe(1m);
    }

    [Fact]
    public async Task Counters_that_stand_in_Redis_since_before_Postgres_counted_are_made_anew_once()
    {
        await using var fixture = NewRedis(out var database);
        await using var _ = database;
        await fixture.OpenAsync(s_budget);
        await SpendAsync(fixture.Store, 0.2m);
        await UntilAsync(fixture, settled: 0.2m);
        await using var between = await OpenPostgresAsync(fixture);
        await SpendAsync(between.Store, 0.4m);

        await UntilAsync(fixture, settled: 0.6m);

        var epoch = await EpochAsync(fixture);
        await fixture.KeepUpAsync();
        await (await fixture.StartAsync()).KeepUpAsync();
        (await EpochAsync(fixture)).ShouldBe(epoch);
    }

    [Fact]
    public async Task Counters_in_Postgres_have_what_was_counted_in_Redis_meanwhile()
    {
        await using var fixture = NewRedis(out var database);
        await using var _ = database;
        await using var former = await OpenPostgresAsync(fixture);
        await SpendAsync(former.Store, 0.1m);
        await fixture.OpenAsync(s_budget);
        await SpendAsync(fixture.Store, 0.2m);
        await UntilAsync(fixture, settled: 0.3m);

        await using var later = await OpenPostgresAsync(fixture);

        (await later.ReadAsync(s_budget)).ShouldHaveSingleItem().Settled.ShouldBe(0.3m);
        (await later.Store.ReserveAsync(Request(9.8m, s_budget), CancellationToken.None)).Refusal
            .ShouldBeOfType<ReserveRefusal.BudgetExceeded>();
        var stream = await AdmitAsync(fixture.Store, 0.5m);
        await fixture.Store.SettleAsync(stream, Settlement(0.4m));
        await UntilAsync(fixture, settled: 0.7m);
        (await later.ReadAsync(s_budget)).ShouldHaveSingleItem().Settled.ShouldBe(0.7m);
    }

    [Fact]
    public async Task What_the_Postgres_tier_left_on_a_volume_holds_up_no_other_tier_and_is_delivered_by_the_next_of_its_own()
    {
        var fixture = NewRedis(out var database);
        await using var _ = database;
        await using (var away = new PostgresFixture(postgres)
        {
            Gateway = fixture.Gateway,
            Url = "postgresql://gateway:none@127.0.0.1:1/postgres",
            SpoolDirectory = _volume.FullName,
        })
        {
            await away.StartAsync();
            var call = await away.Store.ReserveAsync(Request(0.1m), CancellationToken.None);
            await away.Store.SettleAsync(call.Reservation.ShouldNotBeNull(), Settlement(0.1m));
        }

        _volume.EnumerateFiles("*.jsonl").ShouldContain(f => f.Length > 0);
        fixture.SpoolDirectory = _volume.FullName;
        await using (fixture)
        {
            await fixture.OpenAsync(s_budget);
            await SpendAsync(fixture.Store, 0.2m);
            await UntilAsync(fixture, settled: 0.2m);
        }

        await using var again = new PostgresFixture(postgres) { Gateway = fixture.Gateway, SpoolDirectory = _volume.FullName };
        await again.StartAsync();
        await again.KeepUpAsync();
        (await again.RowsAsync()).Select(r => r.CostNanos).Order().ShouldBe([100_000_000, 200_000_000]);
    }

    private RedisFixture NewRedis(out LedgerDatabase database)
    {
        var gateway = $"ns/{Guid.NewGuid():N}";
        database = new PostgresFixture(postgres) { Gateway = gateway }.NewDatabase();
        var fixture = new RedisFixture(redis.Server)
        {
            Gateway = gateway,
            RealLedger = new OrderedLedger(database, NullLogger<OrderedLedger>.Instance),
        };
        fixture.Options = fixture.Options with { OtherTierRest = TimeSpan.FromSeconds(2) };
        return fixture;
    }

    private async Task<PostgresFixture> OpenPostgresAsync(RedisFixture beside)
    {
        var fixture = new PostgresFixture(postgres) { Gateway = beside.Gateway };
        await fixture.StartAsync();
        fixture.Store.Apply([s_budget]);
        return fixture;
    }

    /// <summary>Asks again while counters are made anew.</summary>
    private static async Task<Reservation> AdmitAsync(ISpendStore store, decimal cost)
    {
        ReserveOutcome reserved = default;
        await RedisFixture.UntilAsync(
            async () =>
            {
                if (store is RedisSpendStore replica)
                    await replica.KeepUpAsync();
                reserved = await store.ReserveAsync(Request(cost, s_budget), CancellationToken.None);
                return reserved.Refusal is not ReserveRefusal.StoreUnavailable;
            },
            "the store admits nothing");
        return reserved.Reservation.ShouldNotBeNull(reserved.Refusal?.ToString());
    }

    private static async Task SpendAsync(ISpendStore store, decimal cost) =>
        await store.SettleAsync(await AdmitAsync(store, cost), Settlement(cost));

    private static Task UntilAsync(RedisFixture fixture, decimal settled, decimal reserved = 0) => RedisFixture.UntilAsync(
        async () =>
        {
            await fixture.KeepUpAsync();
            return await fixture.Store.RefreshAsync([s_budget])
                && fixture.Store.Read([s_budget]) is [var counter] && (counter.Settled, counter.Reserved) == (settled, reserved);
        },
        $"the counter in Redis never is {settled}, {reserved}");

    private static async Task<string?> EpochAsync(RedisFixture fixture) =>
        await fixture.Database.HashGetAsync(fixture.Name("state"), "epoch");
}
