using System.Globalization;
using Gateway.Server.Budget.Postgres;
using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Money;

/// <summary>The schema of the gateway before, with replicas that still count in it.</summary>
public sealed class SchemaUpgradeTests : IAsyncLifetime
{
    private readonly SharedPostgres _postgres = new();
    private readonly BudgetModel _budget = NewBudget(cost: 100m);

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public ValueTask DisposeAsync() => _postgres.DisposeAsync();

    [Fact]
    public async Task A_schema_is_upgraded_under_replicas_that_go_on_counting_in_it()
    {
        var newest = Schema.Migrations().Last();
        await InstallAllButAsync(newest);
        await using var former = new PostgresFixture(_postgres) { Gateway = "ns/main" };
        await former.StartAsync();
        var live = await former.AdmitAsync(Request(2m, _budget));
        await ExecuteAsync($"delete from llm_gateway.migration where number = {newest.Number}");

        var counting = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SpendAsync(former, 20)));
        await using var later = new PostgresFixture(_postgres) { Gateway = "ns/main" };
        await later.StartAsync();
        await SpendAsync(later, 20);
        await using var database = later.NewDatabase();
        var seed = await new OrderedLedger(database, NullLogger<OrderedLedger>.Instance).SeedAsync([], TestContext.Current.CancellationToken);
        await counting;
        await former.SettleAsync(live, Settlement(1.5m));

        seed.ShouldNotBeNull().Number.ShouldBe(1);
        await later.ShouldStandAtAsync(_budget, settled: 19.5m);
        (await later.RowsAsync()).Sum(r => r.CostNanos).ShouldBe(19_500_000_000);
    }

    private async Task SpendAsync(PostgresFixture replica, int calls)
    {
        for (var i = 0; i < calls; i++)
            await replica.SpendAsync(0.1m, _budget);
    }

    /// <summary>What is left out is said to be there, so that the replica of before does not add it.</summary>
    private async Task InstallAllButAsync(Schema.Migration newest)
    {
        await ExecuteAsync("""
            create schema llm_gateway;
            create table llm_gateway.migration (
                number integer primary key, name text not null, applied_at timestamptz not null default clock_timestamp());
            """);
        foreach (var migration in Schema.Migrations())
        {
            if (migration != newest)
                await ExecuteAsync(migration.Text());
            await ExecuteAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"insert into llm_gateway.migration (number, name) values ({migration.Number}, '{migration.Name}')"));
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _postgres.Admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
