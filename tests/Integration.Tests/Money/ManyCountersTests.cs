using Gateway.Tests.Budget.Contract;
using Support.Stores;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Money;

/// <summary>A period begins, and the counters of thousands of keys are missing at once.</summary>
public sealed class ManyCountersTests(SharedPostgres postgres) : IClassFixture<SharedPostgres>
{
    private const int Keys = 2_000;
    private const int Clients = 64;

    // The server's own word on how often counters were made.
    private const string CountStatements = """
        create table made (gateway text);
        create function count_made() returns trigger language plpgsql as $$
        begin
            insert into public.made select distinct gateway from added;
            return null;
        end $$;
        create trigger count_made after insert on llm_gateway.counter referencing new table as added
            for each statement execute function count_made();
        """;

    [Fact]
    public async Task Calls_of_thousands_of_keys_wait_together_for_counters_that_are_missing_and_all_are_admitted()
    {
        await using var route = StoreRoute.To(postgres.Server);
        await using var fixture = new PostgresFixture(postgres) { Url = route.Url(postgres.Server.Url) };
        await fixture.StartAsync();
        await using (var command = postgres.Admin.CreateCommand(CountStatements))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        // Far away: those that waited one after the other would not all get their turn.
        route.Delay = TimeSpan.FromMilliseconds(15);
        var (perKey, shared) = (NewBudget("each", perKey: true), NewBudget("all", cost: Keys));
        var keys = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => CallAsync()));

        route.Delay = TimeSpan.Zero;
        await fixture.ShouldStandAtAsync(shared, settled: 0, reserved: Keys * 0.25m);
        (await fixture.ReadAsync(perKey)).Select(c => c.Reserved).ShouldBe(Enumerable.Repeat(0.25m, Keys));
        var counters = await fixture.AskAsync<long>("select count(*) from llm_gateway.counter where gateway = $1");
        counters.ShouldBe(Keys + 1);
        var made = await fixture.AskAsync<long>("select count(*) from made where gateway = $1");
        made.ShouldBeInRange(2, Keys / 8);

        async Task CallAsync()
        {
            while (Interlocked.Increment(ref keys) is var key and <= Keys)
                await fixture.AdmitAsync(Request(0.25m, perKey, shared) with { KeyId = $"team/key-{key}" });
        }
    }
}
