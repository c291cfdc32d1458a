using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Postgres;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Integration.Tests.Money;
using Microsoft.Extensions.Logging.Abstractions;
using Support.Stores;

namespace Integration.Tests.Spend;

/// <summary>The order of writes and seeds, in a real Postgres.</summary>
public sealed class OrderedLedgerTests(SharedPostgres postgres) : IClassFixture<SharedPostgres>
{
    private static readonly BudgetModel s_budget = SpendSamples.NewBudget();

    [Fact]
    public async Task A_row_is_written_once_and_keeps_its_place_in_the_order()
    {
        await using var database = Open();
        var ledger = new OrderedLedger(database, NullLogger<OrderedLedger>.Instance);
        var none = (await ledger.WriteAsync([Row("a"), Row("b")], TestContext.Current.CancellationToken)).ShouldNotBeNull(database.Failure);
        var seed = await SeedAsync(ledger);
        var again = (await ledger.WriteAsync([Row("c"), Row("b")], TestContext.Current.CancellationToken)).ShouldNotBeNull(database.Failure);

        seed.Number.ShouldBe(1);
        none.ShouldBe([new(0), new(0)]);
        again.ShouldBe([new(1), new(0)]);
        seed.Counters.ShouldHaveSingleItem().Settled.ShouldBe(2);
        seed.SpentByKey[SpendSamples.Key].ShouldBe(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_was_given_up_and_is_settled_later_is_charged_what_it_cost(bool isTogether)
    {
        await using var database = Open();
        var ledger = new OrderedLedger(database, NullLogger<OrderedLedger>.Instance);
        var (givenUp, settled) = (Row("a", RowKind.Abandoned, cost: 3), Row("a", cost: 10));
        if (!isTogether)
            (await ledger.WriteAsync([givenUp], TestContext.Current.CancellationToken)).ShouldNotBeNull(database.Failure);
        var first = await WriteAsync();
        await SeedAsync(ledger);
        var again = await WriteAsync();
        var later = await ledger.WriteAsync([givenUp with { EndedAt = givenUp.EndedAt.AddHours(1) }], TestContext.Current.CancellationToken);
        var seed = await SeedAsync(ledger);

        var correction = first[0]!.Value.Instead.ShouldNotBeNull();
        (correction.Kind, correction.CostNanos, correction.Charges[0].Amount).ShouldBe((RowKind.Correction, 7, 7));
        (first[0]!.Value.LastSeed, again[0]!.Value.LastSeed).ShouldBe((0, 0));
        later!.Value[0]!.Value.Instead.ShouldNotBeNull().Charges[0].Amount.ShouldBe(0);
        seed.Counters.ShouldHaveSingleItem().Settled.ShouldBe(10);
        seed.SpentByKey[SpendSamples.Key].ShouldBe(10);

        async Task<ImmutableArray<WrittenRow?>> WriteAsync() =>
            (await ledger.WriteAsync(isTogether ? [settled, givenUp] : [settled], TestContext.Current.CancellationToken))
                .ShouldNotBeNull(database.Failure);
    }

    [Fact]
    public async Task A_call_that_was_settled_is_not_charged_again_where_it_was_given_up_before_and_that_comes_later()
    {
        await using var database = Open();
        var ledger = new OrderedLedger(database, NullLogger<OrderedLedger>.Instance);
        await ledger.WriteAsync([Row("a", cost: 10)], TestContext.Current.CancellationToken);
        var answer = await ledger.WriteAsync([Row("a", RowKind.Abandoned, cost: 3)], TestContext.Current.CancellationToken);

        answer.ShouldNotBeNull(database.Failure)[0]!.Value.Instead.ShouldNotBeNull().CostNanos.ShouldBe(0);
        (await SeedAsync(ledger)).Counters.ShouldHaveSingleItem().Settled.ShouldBe(10);
    }

    [Fact]
    public async Task A_seed_has_exactly_the_rows_of_writes_that_were_told_a_lower_number()
    {
        await using var database = Open();
        var ledger = new OrderedLedger(database, NullLogger<OrderedLedger>.Instance);
        var (written, seeds) = (new ConcurrentBag<long>(), new ConcurrentBag<LedgerSeed>());
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                if (writer == 0)
                    seeds.Add(await SeedAsync(ledger));
                var name = string.Create(CultureInfo.InvariantCulture, $"{writer}-{i}");
                written.Add((await ledger.WriteAsync([Row(name)], TestContext.Current.CancellationToken))!.Value[0]!.Value.LastSeed);
            }
        })));

        foreach (var seed in seeds)
            seed.Counters.Sum(c => c.Settled).ShouldBe(written.Count(n => n < seed.Number));
    }

    [Fact]
    public async Task Counters_of_a_flushed_Redis_are_rebuilt_from_it()
    {
        await using var redis = await RedisServer.StartNewAsync();
        await using var database = Open();
        await using var fixture = new RedisFixture(redis)
        {
            IsAutomatic = true,
            RealLedger = new OrderedLedger(database, NullLogger<OrderedLedger>.Instance),
        };
        await fixture.OpenAsync(s_budget);
        await fixture.UntilAsync(s_budget, settled: 0);
        var ended = await fixture.AdmitAsync(SpendSamples.Request(0.3m, s_budget));
        await fixture.AdmitAsync(SpendSamples.Request(0.5m, s_budget));
        await fixture.Store.SettleAsync(ended, SpendSamples.Settlement(0.2m));
        await fixture.UntilAsync(s_budget, settled: 0.2m, reserved: 0.5m);

        await fixture.Database.ExecuteAsync("FLUSHALL");

        await fixture.UntilAsync(s_budget, settled: 0.2m, reserved: 0.5m);
        (await fixture.SpentByAsync(SpendSamples.Key)).ToDecimal().ShouldBe(0.2m);
    }

    private static async Task<LedgerSeed> SeedAsync(OrderedLedger ledger) =>
        (await ledger.SeedAsync([(s_budget, Period.Total)], TestContext.Current.CancellationToken)).ShouldNotBeNull();

    private static LedgerRow Row(string call, RowKind kind = RowKind.Settled, long cost = 1) => new()
    {
        Number = 1,
        Kind = kind,
        CallId = call,
        StartedAt = new(2026, 5, 6, 10, 20, 30, TimeSpan.Zero),
        EndedAt = new(2026, 5, 6, 10, 20, 31, TimeSpan.Zero),
        Key = SpendSamples.Key,
        Facts = new() { Model = "gpt", Route = "ns/gpt", Stream = false },
        CostNanos = cost,
        Tokens = 1,
        Charges = [new() { Budget = s_budget.Id, PeriodStart = DateTimeOffset.UnixEpoch, Amount = cost, Unit = ChargeUnit.Nanos }],
        Settlement = kind == RowKind.Settled ? SpendSamples.Settlement(0.000000001m) : null,
    };

    private LedgerDatabase Open() =>
        new(StoreUri.Postgres(postgres.Server.Url).Uri!, null, new() { Gateway = $"ns/{Guid.NewGuid():N}" });
}
