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

    private static Task<int> BucketAsync(PostgresFixture fixture, BudgetModel budget) =>
        fixture.AskAsync<int>($"select hashtext($1 || ' {budget.Id}') & 63");
}
