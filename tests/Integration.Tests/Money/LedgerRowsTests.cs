using System.Collections.Immutable;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Postgres;
using Gateway.Server.Config;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Money;

/// <summary>What a row moves, and a row that moves nothing.</summary>
public sealed class LedgerRowsTests(SharedPostgres postgres) : IClassFixture<SharedPostgres>
{
    [Fact]
    public async Task A_row_that_is_written_twice_counts_once()
    {
        await using var fixture = await PostgresFixture.OpenAsync(postgres);
        var (shared, perKey) = (NewBudget("shared"), NewBudget("per-key", tokens: 100, perKey: true));
        var (ledger, rows) = (NewLedger(fixture), Rows(fixture, 600, shared, perKey));
        (await ledger.WriteAsync(rows, TestContext.Current.CancellationToken)).ShouldNotBeNull();
        (await ledger.WriteAsync([.. rows, .. rows], TestContext.Current.CancellationToken)).ShouldNotBeNull();

        (await fixture.AskAsync<long>("select count(*) from llm_gateway.ledger where gateway = $1")).ShouldBe(600);
        (await fixture.AskAsync<decimal>("select sum(calls) from llm_gateway.usage_hour where gateway = $1")).ShouldBe(600);
        (await fixture.SpentByAsync(Key)).Nanos.ShouldBe(300 * 7);
        (await ledger.SeedAsync([(shared, Period.Total), (perKey, Period.Total)], TestContext.Current.CancellationToken))
            .ShouldNotBeNull()
            .Counters.OrderBy(c => c.Key, StringComparer.Ordinal)
            .ShouldBe(
            [
                new("ns/shared", "", Period.Total.Start, 600 * 7, 0),
                new("ns/per-key", Key, Period.Total.Start, 300 * 11, 0),
                new("ns/per-key", OtherKey, Period.Total.Start, 300 * 11, 0),
            ]);
    }

    [Fact]
    public async Task A_row_that_the_database_never_takes_holds_up_no_other()
    {
        await using var fixture = await PostgresFixture.OpenAsync(postgres);
        var (ledger, rows) = (NewLedger(fixture), Rows(fixture, 3));
        rows = rows.SetItem(1, rows[1] with { StartedAt = DateTimeOffset.MaxValue, Key = null! });
        (await ledger.WriteAsync(rows, TestContext.Current.CancellationToken)).ShouldNotBeNull();
        (await fixture.RowsAsync()).Count.ShouldBe(2);
        ledger.LostRows.ShouldBe(1);
    }

    [Fact]
    public async Task A_row_that_is_refused_once_more_because_the_one_beside_it_had_to_wait_is_lost_once()
    {
        await using var fixture = await PostgresFixture.OpenAsync(postgres);
        var (ledger, rows) = (NewLedger(fixture), Rows(fixture, 2));
        (await ledger.WriteAsync([rows[0]], TestContext.Current.CancellationToken)).ShouldNotBeNull();
        rows = [rows[1] with { Key = null! }, rows[0] with { CallId = "other" }];
        await using (var administrator = await postgres.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken))
        {
            await using var transaction = await administrator.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await using var hold = administrator.CreateCommand();
            hold.CommandText = $"select from llm_gateway.key_state where gateway = '{fixture.Gateway}' for update";
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            (await ledger.WriteAsync(rows, TestContext.Current.CancellationToken)).ShouldBeNull();
        }

        (await ledger.WriteAsync(rows, TestContext.Current.CancellationToken)).ShouldNotBeNull();
        ledger.LostRows.ShouldBe(1);
        (await fixture.RowsAsync()).Select(r => r.CallId).ShouldContain("other");
    }

    [Fact]
    public async Task A_row_that_makes_the_writer_itself_fail_is_tried_some_times_and_then_holds_up_no_other()
    {
        await using var fixture = await PostgresFixture.OpenAsync(postgres);
        var (ledger, rows) = (NewLedger(fixture), Rows(fixture, 3));
        rows = rows.SetItem(1, rows[1] with { Charges = default });
        var attempts = 1;
        while (await ledger.WriteAsync(rows, TestContext.Current.CancellationToken) is null)
            (++attempts).ShouldBeLessThan(10);

        attempts.ShouldBeGreaterThan(1, "what passes by itself must cost nothing");
        (await fixture.RowsAsync()).Select(r => r.CallId).ShouldBe([rows[0].CallId, rows[2].CallId], ignoreOrder: true);
        ledger.LostRows.ShouldBe(1);
    }

    private static OrderedLedger NewLedger(PostgresFixture fixture) =>
        new(fixture.NewDatabase(), NullLogger<OrderedLedger>.Instance);

    private static ImmutableArray<LedgerRow> Rows(PostgresFixture fixture, int count, params BudgetModel[] budgets)
    {
        var start = new DateTimeOffset(2026, 5, 6, 10, 20, 30, TimeSpan.Zero);
        return
        [
            .. Enumerable.Range(0, count).Select(i => new LedgerRow
            {
                Kind = RowKind.Settled,
                Number = i + 1,
                CallId = Guid.CreateVersion7().ToString("N"),
                StartedAt = start.AddMilliseconds(i),
                EndedAt = start.AddMilliseconds(i + 500),
                Key = i % 2 == 0 ? Key : OtherKey,
                Facts = new()
                {
                    Gateway = fixture.Gateway,
                    Model = "gpt",
                    Route = "ns/gpt",
                    Stream = true,
                    EndUser = "someone",
                    Tags = ["batch", "nightly"],
                    Attribution = ImmutableSortedDictionary<string, string>.Empty.Add("team", "blue").Add("app", "search"),
                },
                CostNanos = 7,
                Tokens = 11,
                Charges =
                [
                    .. budgets.Select(b => new Charge
                    {
                        Budget = b.Id,
                        PeriodStart = Period.Total.Start,
                        Unit = b.CountsTokens ? ChargeUnit.Tokens : ChargeUnit.Nanos,
                        Amount = b.CountsTokens ? 11 : 7,
                    }),
                ],
                Settlement = Settlement(0.000000007m) with
                {
                    Usage = new() { InputUncached = 8, Output = 3, Raw = """{"prompt_tokens":8,"completion_tokens":3}""" },
                    ServedRoute = "ns/gpt",
                    Target = "main",
                    Provider = "OpenAI",
                    UpstreamModel = "gpt-5",
                    PriceVersion = "2026-05-01",
                    Latency = TimeSpan.FromMilliseconds(480),
                    FirstToken = TimeSpan.FromMilliseconds(210),
                    HttpStatus = 200,
                    Attempts = 1,
                },
            }),
        ];
    }
}
