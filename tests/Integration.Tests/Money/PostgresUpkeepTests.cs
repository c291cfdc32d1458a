using Gateway.Server.Config;
using Gateway.Tests.Budget.Contract;
using Npgsql;
using static Gateway.Tests.Budget.Contract.SpendSamples;

namespace Integration.Tests.Money;

/// <summary>What is done beside the calls costs no more because others use the same database.</summary>
public sealed class PostgresUpkeepTests(SharedPostgres postgres) : IClassFixture<SharedPostgres>
{
    // Old rows that another gateway keeps, and new ones of this one.
    private const string Rows = """
        insert into llm_gateway.ledger (
            started_at, call_id, kind, gateway, number, ended_at, key, cost_nanos, tokens, charges, model, route, stream, tags, attribution,
            status, calls, estimated, cached, unpriced)
        select
            clock_timestamp() - age * interval '1 day' + i * interval '1 second', i::text, 'Settled', $1 || other, i, clock_timestamp(),
            'team/key', 1, 1, '[]', 'gpt', 'ns/gpt', false, '{}', '{}', 'Completed', 1, false, false, false
        from (values ('', 10), ('-other', 200)) as of_a_gateway(other, age), generate_series(1, 20000) as i
        """;

    private static readonly BudgetModel s_budget = NewBudget();

    [Fact]
    public async Task Old_rows_are_found_without_reading_those_that_another_gateway_keeps_for_longer()
    {
        await using var fixture = await PostgresFixture.OpenAsync(postgres, s_budget);
        await fixture.SpendAsync(0.1m, s_budget);
        await fixture.AskAsync<object>("update llm_gateway.ledger set started_at = started_at - interval '100 days' where gateway = $1");
        await fixture.AskAsync<object>(Rows);
        await using var connection = await postgres.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using (var analyze = new NpgsqlCommand("analyze llm_gateway.ledger", connection))
            await analyze.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);

        var deleted = await AskAsync(
            connection, $"select llm_gateway.clean_v1('{fixture.Gateway}', clock_timestamp() - interval '90 days', 5000)");
        var read = await AskAsync(
            connection, "select coalesce(idx_tup_fetch, 0) + seq_tup_read from pg_stat_xact_user_tables where relname = 'ledger'");

        deleted.ShouldBe(1);
        read.ShouldBeLessThan(10);
    }

    private static async Task<long> AskAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
