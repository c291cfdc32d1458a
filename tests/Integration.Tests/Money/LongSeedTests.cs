using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Money;

/// <summary>Counters that take longer to make than any call waits.</summary>
public sealed class LongSeedTests(SharedPostgres postgres) : IClassFixture<SharedPostgres>
{
    [Fact]
    public async Task A_budget_whose_counters_are_being_made_holds_up_its_own_calls_and_no_others()
    {
        var (seeded, other) = (NewBudget("seeded", cost: 10m), NewBudget("apart", cost: 10m));

        // Under these names the two budgets are locked apart.
        await using var fixture = new PostgresFixture(postgres) { Gateway = "ns/seeding" };
        await fixture.StartAsync();
        (await BucketAsync(fixture, seeded)).ShouldNotBe(await BucketAsync(fixture, other));
        await fixture.SpendAsync(1m, seeded);
        var live = await fixture.AdmitAsync(Request(2m, seeded));
        await using (var administrator = await postgres.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken))
        {
            // What a seed holds as long as it lasts.
            await using var transaction = await administrator.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await using var hold = administrator.CreateCommand();
            hold.CommandText = $"select pg_advisory_xact_lock(1819045734, {await BucketAsync(fixture, seeded)})";
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

            await fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m, seeded));
            await fixture.Store.SettleAsync(live, Settlement(1.5m));

            fixture.Store.Health.IsWritable.ShouldBeTrue();
            await fixture.SpendAsync(0.5m, other);
        }

        await fixture.KeepUpAsync();
        await fixture.ShouldStandAtAsync(seeded, settled: 2.5m);
        await fixture.AdmitAsync(Request(7.5m, seeded));
    }

    [Fact]
    public async Task Calls_that_go_together_with_one_whose_counters_another_replica_makes_are_admitted_and_settled()
    {
        var (seeded, other) = (NewBudget("seeded", cost: 10m), NewBudget("apart", cost: 100m));
        await using var fixture = new PostgresFixture(postgres) { Gateway = "ns/together" };
        await fixture.StartAsync();
        (await BucketAsync(fixture, seeded)).ShouldNotBe(await BucketAsync(fixture, other));
        await fixture.SpendAsync(1m, seeded);
        await fixture.SpendAsync(1m, other);
        var live = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => fixture.AdmitAsync(Request(1m, i % 2 == 0 ? seeded : other))));
        await using var administrator = await postgres.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await administrator.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var hold = administrator.CreateCommand();
        hold.CommandText = $"select pg_advisory_xact_lock(1819045734, {await BucketAsync(fixture, seeded)})";
        await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        // All but the first, which goes at once, go together.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
        {
            var held = fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m, seeded));
            await fixture.AdmitAsync(Request(1m, other));
            await held;
        }));
        await Task.WhenAll(live.Select(async call => await fixture.Store.SettleAsync(call, Settlement(0.5m))));
        (await fixture.CountAsync(other)).Settled.ShouldBe(3m);
        (await fixture.CountAsync(seeded)).Settled.ShouldBe(1m);
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        await fixture.KeepUpAsync();
        await fixture.ShouldStandAtAsync(seeded, settled: 3m);
    }

    [Fact]
    public async Task A_budget_with_much_to_add_up_holds_up_no_counters_of_others_that_are_missing_too()
    {
        var (seeded, other, third) = (NewBudget("seeded", cost: 10m), NewBudget("apart", cost: 10m), NewBudget("third", cost: 10m));
        await using var fixture = new PostgresFixture(postgres) { Gateway = "ns/adding" };
        await fixture.StartAsync();
        int[] buckets = [await BucketAsync(fixture, seeded), await BucketAsync(fixture, other), await BucketAsync(fixture, third)];
        buckets.ShouldBeUnique();
        await fixture.AskAsync<int>($"""
            insert into llm_gateway.budget_quarter
            select $1, '{seeded.Id}', '2020-01-01'::timestamptz + i * interval '15 minutes', '{Key}', 1, 10000, 0, 0, 0
            from generate_series(1, 100001) i
            """);
        await using (var administrator = await postgres.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken))
        {
            // Whoever makes this counter waits for what becomes of the one that is there.
            await using var transaction = await administrator.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await using var hold = administrator.CreateCommand();
            hold.CommandText = $"""
                insert into llm_gateway.counter
                values ('{fixture.Gateway}', '{seeded.Id}', '', '{seeded.CounterDefinition}', 'epoch', null, false, 0, 0, 0, now())
                """;
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

            await Task.WhenAll(
                fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m, seeded)),
                fixture.SpendAsync(0.5m, other));
            await Task.WhenAll(
                fixture.RefuseAsync<ReserveRefusal.StoreUnavailable>(Request(1m, seeded)),
                fixture.SpendAsync(0.5m, third));
            fixture.Store.Health.IsWritable.ShouldBeTrue();
        }

        await fixture.SpendAsync(0.5m, seeded);
        await fixture.ShouldStandAtAsync(seeded, settled: 1.50001m);
    }

    [Fact]
    public async Task A_budget_that_another_replica_makes_counters_of_is_passed_over()
    {
        var (seeded, other) = (NewBudget("seeded"), NewBudget("apart"));
        await using var fixture = new PostgresFixture(postgres) { Gateway = "ns/passing" };
        await fixture.StartAsync();
        (await BucketAsync(fixture, seeded)).ShouldNotBe(await BucketAsync(fixture, other));
        await using var administrator = await postgres.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await administrator.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var hold = administrator.CreateCommand();
        hold.CommandText = $"select pg_advisory_xact_lock(1819045734, {await BucketAsync(fixture, seeded)})";
        await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        (await fixture.AskAsync<string>($$"""
            select string_agg(budget, ' ') from llm_gateway.seed_v1($1, '{"patient": false, "wait": 10, "counters": [
                {"budget": "{{seeded.Id}}", "key": "", "definition": "d", "period_start": "2026-01-01", "counts_tokens": false},
                {"budget": "{{other.Id}}", "key": "", "definition": "d", "period_start": "2026-01-01", "counts_tokens": false}]}') as budget
            """)).ShouldBe(seeded.Id);
        (await fixture.AskAsync<string>("select string_agg(budget, ' ') from llm_gateway.counter where gateway = $1")).ShouldBe(other.Id);
    }

    private static Task<int> BucketAsync(PostgresFixture fixture, BudgetModel budget) =>
        fixture.AskAsync<int>($"select hashtext($1 || ' {budget.Id}') & 63");
}
