using System.Globalization;
using System.Text;

namespace Benchmarks.Spend;

/// <summary>Rows of calls that were never made, and the sums that the gateway would have made of them.</summary>
internal static class FilledLedger
{
    /// <summary>Twenty models, ten teams; every row counts in a budget for all keys and in one for each.</summary>
    /// <param name="databases">With the schema.</param>
    /// <param name="rows">Evenly from start to end.</param>
    /// <param name="keys">That made them.</param>
    /// <param name="start">The first call.</param>
    /// <param name="end">After the last.</param>
    public static void Fill(Databases databases, int rows, int keys, DateTimeOffset start, DateTimeOffset end)
    {
        var sql = new StringBuilder(Sql)
            .Replace("$gateway", Databases.Gateway)
            .Replace("$rows", rows.ToString(CultureInfo.InvariantCulture))
            .Replace("$keys", keys.ToString(CultureInfo.InvariantCulture))
            .Replace("$start", start.ToString("O", CultureInfo.InvariantCulture))
            .Replace("$end", end.ToString("O", CultureInfo.InvariantCulture));
        databases.Execute(sql.ToString());
        databases.Execute("vacuum analyze");
    }

    // What only the filling pays for is left out of it: the log, and indexes that are made at once when all rows are there.
    private const string Sql = """
        set maintenance_work_mem = '512MB';
        set work_mem = '256MB';
        alter table llm_gateway.ledger set unlogged;
        alter table llm_gateway.budget_quarter set unlogged;
        create temp table definition as
            select indexname, indexdef from pg_indexes
            where schemaname = 'llm_gateway' and tablename = 'ledger' and indexname <> 'ledger_pkey';
        do $do$ declare d record; begin
            for d in select * from definition loop execute 'drop index llm_gateway.' || d.indexname; end loop;
        end $do$;
        insert into llm_gateway.ledger (
            started_at, call_id, kind, gateway, number, ended_at, key, cost_nanos, total_nanos, tokens, charges, model, route, stream, end_user,
            session, tags, attribution, status, calls, error, currency, input_uncached, cache_read, output, usage_raw, estimated, cached, unpriced,
            price_version, served_model, served_route, target, provider, upstream_model, attempts, http_status, latency)
        select
            c.at, lpad(to_hex(c.i), 32, '0'), 'Settled', '$gateway', c.i, c.at + interval '2 s', c.key, c.cost, c.cost, 680,
            jsonb_build_array(
                jsonb_build_object('budget', 'default/shared', 'periodStart', c.month, 'amount', c.cost, 'unit', 'Nanos'),
                jsonb_build_object('budget', 'default/each', 'periodStart', c.month, 'amount', c.cost, 'unit', 'Nanos')),
            c.model, 'default/' || c.model, c.i % 2 = 0, 'user-' || c.i % 5000, 'session-' || c.i / 10, '{}',
            jsonb_build_object('team', c.team), case when c.i % 50 = 0 then 'Failed' else 'Completed' end, 1, null, 'USD', 400, 100, 180,
            '{"prompt_tokens":500,"completion_tokens":180}', false, false, false, '1', c.model, 'default/' || c.model, 'openai', 'OpenAI', 'gpt', 1, 200,
            interval '2 s'
        from (
            select
                i, '$start'::timestamptz + ('$end'::timestamptz - '$start'::timestamptz) * (i::float8 / $rows) as at,
                'default/counted-' || i * 7919 % $keys as key, 'model-' || i / $keys % 20 as model, 'team-' || i * 7919 % $keys % 10 as team,
                1000 + i * 104729 % 1000000 as cost, date_trunc('month', '$start'::timestamptz) as month
            from generate_series(0::bigint, $rows - 1) i
        ) c;
        insert into llm_gateway.usage_hour (
            gateway, hour, key, route, model, team, currency, calls, failed, refused, estimated, cached, unpriced, prompt_tokens, cached_tokens,
            completion_tokens, tokens, cost_nanos)
        select
            gateway, date_bin('1 hour', started_at, 'epoch'), key, served_route, model, attribution->>'team', currency, count(*),
            count(*) filter (where status = 'Failed'), 0, 0, 0, 0, sum(input_uncached + cache_read), sum(cache_read), sum(output), sum(tokens),
            sum(cost_nanos)
        from llm_gateway.ledger
        group by 1, 2, 3, 4, 5, 6, 7;
        insert into llm_gateway.budget_quarter (gateway, budget, quarter, key, calls, nanos, tokens, overshoot_nanos, overshoot_tokens)
        select s.gateway, b.budget, s.quarter, s.key, s.calls, s.nanos, s.tokens, 0, 0
        from (
            select
                gateway, date_bin('15 minutes', started_at, 'epoch') as quarter, key, count(*) as calls, sum(cost_nanos) as nanos,
                sum(tokens) as tokens
            from llm_gateway.ledger
            group by 1, 2, 3
        ) s
        cross join (values ('default/shared'), ('default/each')) b(budget);
        insert into llm_gateway.key_state (gateway, key, spent)
        select gateway, key, sum(cost_nanos) from llm_gateway.ledger group by 1, 2
        on conflict (key, gateway) do update set spent = excluded.spent;
        do $do$ declare d record; begin
            for d in select * from definition loop execute d.indexdef; end loop;
        end $do$;
        drop table definition;
        """;
}
