-- Functions are never changed once they are released: a rolling update has two gateways' versions at once. A new one gets a new number.
-- Locks are taken in one order everywhere: budgets, keys, counters, reservations, rollups. Who waits too long for one, as for a seed that adds
-- up a whole period, ends here before his gateway takes the database for lost, and leaves nobody waiting behind.

-- Locks all that a batch of calls counts in. Pairs of budget and key; the budget is null for a call without one.
create function llm_gateway.lock_v1(p_gateway text, p_budgets text[], p_keys text[]) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(1819045734, b.bucket)
    from (
        select distinct hashtext(p_gateway || ' ' || budget) & 63 as bucket
        from unnest(p_budgets) as budget where budget is not null order by 1
    ) b;
    insert into llm_gateway.key_state (gateway, key)
    select p_gateway, key from (select distinct key from unnest(p_keys) as key) k order by key collate "C"
    on conflict do nothing;
    perform 1 from llm_gateway.key_state s
    where s.gateway = p_gateway and s.key = any(p_keys)
    order by s.key for no key update;
    perform 1
    from (
        select budget, key from unnest(p_budgets, p_keys) as p(budget, key) where budget is not null
        union
        select budget, '' from unnest(p_budgets) as budget where budget is not null
    ) p
    join llm_gateway.counter c on c.gateway = p_gateway and c.budget = p.budget and c.key = p.key
    order by c.budget, c.key, c.definition, c.period_start for no key update of c;
end $$;

-- Takes hold of budgets, so that nobody makes counters of them meanwhile. Answers those that somebody is making counters of: who waits for
-- them holds up all that he asks for beside them.
create function llm_gateway.hold_v1(p_gateway text, p_budgets text[]) returns text[] language plpgsql as $$
declare
    v_held text[] := '{}';
    r record;
begin
    begin
        perform set_config('lock_timeout', '300ms', true);
        perform pg_advisory_xact_lock_shared(1819045734, b.bucket)
        from (
            select distinct hashtext(p_gateway || ' ' || budget) & 63 as bucket
            from unnest(p_budgets) as budget where budget is not null order by 1
        ) b;
    exception when lock_not_available then
        for r in
            select hashtext(p_gateway || ' ' || budget) & 63 as bucket, array_agg(distinct budget) as budgets
            from unnest(p_budgets) as budget where budget is not null
            group by 1 order by 1
        loop
            begin
                perform set_config('lock_timeout', '10ms', true);
                perform pg_advisory_xact_lock_shared(1819045734, r.bucket);
            exception when lock_not_available then
                v_held := v_held || r.budgets;
            end;
        end loop;
    end;
    perform set_config('lock_timeout', '1500ms', true);
    return v_held;
end $$;

-- Moves every counter that is concerned. Absurd amounts stop at a quarter of what fits: the sum of three of them still does.
create function llm_gateway.count_v1(p_gateway text, p_moves llm_gateway.movement[]) returns void language sql as $$
    update llm_gateway.counter c set
        settled = least(greatest(c.settled + m.settled, 0), 2305843009213693951),
        live = least(greatest(c.live + m.live, 0), 2305843009213693951),
        overshoot = least(greatest(c.overshoot + m.overshoot, 0), 2305843009213693951),
        used_at = case when m.live > 0 then clock_timestamp() else c.used_at end
    from (
        select
            c.budget, c.key, c.definition, c.period_start,
            sum(case when c.counts_tokens then m.settled_tokens else m.settled_cost end) as settled,
            sum(case when c.counts_tokens then m.live_tokens else m.live_cost end) as live,
            sum(case when c.counts_tokens then m.overshoot_tokens else m.overshoot_cost end) as overshoot
        from unnest(p_moves) m
        cross join lateral (values (''), (m.key)) k(key)
        join llm_gateway.counter c
            on c.gateway = p_gateway and c.budget = m.budget and c.key = k.key
            and c.period_start <= m.started_at and (c.period_end is null or m.started_at < c.period_end)
        group by c.budget, c.key, c.definition, c.period_start
    ) m
    where c.gateway = p_gateway and c.budget = m.budget and c.key = m.key
        and c.definition = m.definition and c.period_start = m.period_start
$$;

-- Inserts rows that are not there yet; for those, and no others, moves rollups, the keys' totals and the counters, together with what
-- else happens to these. The caller has locked what they count in. Who counts elsewhere names the last seed before them.
create function llm_gateway.insert_rows_v1(
    p_gateway text, p_rows jsonb, p_moves llm_gateway.movement[], p_seed bigint default null)
returns void language plpgsql as $$
#variable_conflict use_column
declare
    v_moves llm_gateway.movement[];
    v_is_spent boolean;
begin
    with inserted as (
        insert into llm_gateway.ledger (
            started_at, call_id, kind, gateway, number, ended_at, key, cost_nanos, total_nanos, tokens, charges,
            model, route, stream, end_user, session, tags, attribution, status, calls, error, currency,
            input_uncached, cache_read, cache_write_5m, cache_write_1h, audio_input, output, reasoning, audio_output,
            web_searches, file_searches, service_tier, usage_raw, estimated, cached, unpriced, price_version, served_model,
            served_route, target, provider, upstream_model, attempts, http_status, latency, first_token, seed)
        select
            r."startedAt", r."callId", r.kind, p_gateway, r.number, r."endedAt", r.key, r."costNanos", s.cost, r.tokens,
            r.charges, f.model, f.route, f.stream, f."endUser", f.session, coalesce(f.tags, '{}'), coalesce(f.attribution, '{}'),
            coalesce(s.status, r.kind), coalesce(r.calls, 1), s.error, s.currency,
            u."inputUncached", u."cacheRead", u."cacheWrite5m", u."cacheWrite1h", u."audioInput", u.output, u.reasoning,
            u."audioOutput", u."webSearches", u."fileSearches", u."serviceTier", u.raw,
            coalesce(u.estimated, r.settlement is null), coalesce(s.cached, false), coalesce(s.unpriced, false), s."priceVersion", s."servedModel", s."servedRoute",
            s.target, s.provider, s."upstreamModel", s.attempts, s."httpStatus", s.latency, s."firstToken", coalesce(p_seed, 0)
        from jsonb_to_recordset(p_rows) as r(
            "startedAt" timestamptz, "callId" text, kind text, number bigint, "endedAt" timestamptz, key text,
            "costNanos" bigint, tokens bigint, charges jsonb, facts jsonb, calls bigint, settlement jsonb)
        cross join lateral jsonb_to_record(r.facts) as f(
            model text, route text, stream boolean, "endUser" text, session text, tags text[], attribution jsonb)
        left join lateral jsonb_to_record(r.settlement) as s(
            status text, cost bigint, usage jsonb, unpriced boolean, cached boolean, "priceVersion" text, "servedModel" text,
            "servedRoute" text, target text, provider text, "upstreamModel" text, attempts integer, "httpStatus" integer, error text,
            currency text, latency interval, "firstToken" interval) on true
        left join lateral jsonb_to_record(s.usage) as u(
            "inputUncached" bigint, "cacheRead" bigint, "cacheWrite5m" bigint, "cacheWrite1h" bigint, "audioInput" bigint,
            output bigint, reasoning bigint, "audioOutput" bigint, "webSearches" bigint, "fileSearches" bigint, "serviceTier" text,
            estimated boolean, raw text) on true
        on conflict do nothing
        returning *
    ),
    charged as (
        select
            i.started_at, i.key, i.kind, c.budget,
            case c.unit when 'Nanos' then c.amount else i.cost_nanos end as nanos,
            case c.unit when 'Tokens' then c.amount else i.tokens end as tokens,
            case c.unit when 'Nanos' then coalesce(c.overshoot, 0) else 0 end as overshoot_nanos,
            case c.unit when 'Tokens' then coalesce(c.overshoot, 0) else 0 end as overshoot_tokens
        from inserted i
        cross join lateral jsonb_to_recordset(i.charges) as c(budget text, amount bigint, unit text, overshoot bigint)
    ),
    spent as (
        update llm_gateway.key_state k set spent = least(greatest(k.spent + i.spent, 0), 9223372036854775807)
        from (select key, sum(cost_nanos) as spent from inserted group by key) i
        where k.gateway = p_gateway and k.key = i.key
    ),
    hours as (
        insert into llm_gateway.usage_hour as h (
            gateway, hour, key, route, model, team, currency, calls, failed, refused, estimated, cached, unpriced,
            prompt_tokens, cached_tokens, completion_tokens, tokens, cost_nanos)
        select
            p_gateway, date_bin('1 hour', started_at, 'epoch'), key, coalesce(served_route, route),
            -- A name that leads to no route is any text that a caller has thought of.
            case when route = '' then '' else model end,
            coalesce(attribution->>'team', ''), coalesce(currency, ''),
            coalesce(sum(calls) filter (where kind <> 'Correction'), 0),
            coalesce(sum(calls) filter (where kind <> 'Correction' and status in ('Failed', 'Cut')), 0),
            coalesce(sum(calls) filter (where kind = 'Refused'), 0),
            coalesce(sum(calls) filter (where kind <> 'Correction' and estimated), 0),
            coalesce(sum(calls) filter (where kind <> 'Correction' and cached), 0),
            coalesce(sum(calls) filter (where kind <> 'Correction' and unpriced), 0),
            sum(llm_gateway.reported_v1(input_uncached) + llm_gateway.reported_v1(cache_read)
                + llm_gateway.reported_v1(cache_write_5m) + llm_gateway.reported_v1(cache_write_1h)
                + llm_gateway.reported_v1(audio_input)),
            sum(llm_gateway.reported_v1(cache_read)),
            sum(llm_gateway.reported_v1(output) + llm_gateway.reported_v1(audio_output)),
            least(sum(tokens), 2305843009213693951), least(sum(cost_nanos), 2305843009213693951)
        from inserted
        group by 1, 2, 3, 4, 5, 6, 7
        order by 2, 3, 4, 5, 6, 7
        on conflict (gateway, hour, key, route, model, team, currency) do update set
            calls = h.calls + excluded.calls,
            failed = h.failed + excluded.failed,
            refused = h.refused + excluded.refused,
            estimated = h.estimated + excluded.estimated,
            cached = h.cached + excluded.cached,
            unpriced = h.unpriced + excluded.unpriced,
            prompt_tokens = llm_gateway.sum_v1(h.prompt_tokens, excluded.prompt_tokens),
            cached_tokens = llm_gateway.sum_v1(h.cached_tokens, excluded.cached_tokens),
            completion_tokens = llm_gateway.sum_v1(h.completion_tokens, excluded.completion_tokens),
            tokens = llm_gateway.sum_v1(h.tokens, excluded.tokens),
            cost_nanos = llm_gateway.sum_v1(h.cost_nanos, excluded.cost_nanos)
    ),
    quarters as (
        insert into llm_gateway.budget_quarter as q (
            gateway, budget, quarter, key, calls, nanos, tokens, overshoot_nanos, overshoot_tokens)
        select
            p_gateway, budget, date_bin('15 minutes', started_at, 'epoch'), key,
            count(*) filter (where kind <> 'Correction'),
            least(sum(nanos), 2305843009213693951), least(sum(tokens), 2305843009213693951),
            least(sum(overshoot_nanos), 2305843009213693951), least(sum(overshoot_tokens), 2305843009213693951)
        from charged
        group by 1, 2, 3, 4
        order by 2, 3, 4
        on conflict (gateway, budget, quarter, key) do update set
            calls = q.calls + excluded.calls,
            nanos = llm_gateway.sum_v1(q.nanos, excluded.nanos),
            tokens = llm_gateway.sum_v1(q.tokens, excluded.tokens),
            overshoot_nanos = llm_gateway.sum_v1(q.overshoot_nanos, excluded.overshoot_nanos),
            overshoot_tokens = llm_gateway.sum_v1(q.overshoot_tokens, excluded.overshoot_tokens)
    )
    select
        (
            select array_agg(
                row(budget, key, started_at, 0, 0, nanos, tokens, overshoot_nanos, overshoot_tokens)::llm_gateway.movement)
            from charged
        ),
        exists (select from inserted where kind <> 'Refused')
    into v_moves, v_is_spent;
    v_moves := coalesce(p_moves, '{}') || coalesce(v_moves, '{}');
    if cardinality(v_moves) > 0 then
        perform llm_gateway.count_v1(p_gateway, v_moves);
    end if;

    -- The last lock of all. Read first: an upsert locks the row also where it then changes nothing.
    if p_seed is null and v_is_spent and not exists (
        select from llm_gateway.last_count c where c.gateway = p_gateway and c.at > clock_timestamp() - interval '1 second') then
        insert into llm_gateway.last_count as c (gateway, at) values (p_gateway, clock_timestamp())
        on conflict (gateway) do update set at = greatest(excluded.at, c.at);
    end if;
end $$;

-- A provider may report anything: a count is no less than 0 and no more than a trillion.
create function llm_gateway.reported_v1(p_count bigint) returns bigint language sql immutable as $$
    select least(greatest(coalesce(p_count, 0), 0), 1000000000000)
$$;

create function llm_gateway.sum_v1(a bigint, b bigint) returns bigint language sql immutable as $$
    select least(greatest(a::numeric + b, -2305843009213693951), 2305843009213693951)::bigint
$$;

-- Locks all that rows count in.
create function llm_gateway.lock_rows_v1(p_gateway text, p_rows jsonb) returns void language plpgsql as $$
declare
    v_budgets text[];
    v_keys text[];
begin
    select array_agg(p.budget), array_agg(p.key) into v_budgets, v_keys
    from (
        select distinct c.budget, r.key
        from jsonb_to_recordset(p_rows) as r(key text, charges jsonb)
        left join lateral jsonb_to_recordset(r.charges) as c(budget text) on true
    ) p;
    perform llm_gateway.lock_v1(p_gateway, v_budgets, v_keys);
end $$;

-- Admits calls one after the other, each all or none. Verdicts: 0 admitted; 1 a budget without room; 2, 3, 4 the key's requests, tokens,
-- parallel calls; 5 a budget whose room live calls hold; 6 a counter is missing, or somebody makes them, see seed; 7 the clock is outside of a period, or so late
-- that nobody waits for the answer any more.
create function llm_gateway.reserve_v1(p_gateway text, p_batch jsonb)
returns table (o_call integer, o_verdict integer, o_counter integer, o_settled bigint, o_live bigint,
    o_requests bigint, o_tokens bigint, o_spent bigint, o_started_at timestamptz)
language plpgsql set jit = off set lock_timeout = '1500ms' as $$
#variable_conflict use_column
declare
    v_keys text[] := array(select jsonb_array_elements_text(p_batch->'keys'));
    v_budgets text[];
    v_lock_keys text[];
    v_count integer := jsonb_array_length(p_batch->'calls');
    v_now timestamptz;
    v_minute bigint;
    k_requests bigint[];
    k_tokens bigint[];
    k_parallel bigint[];
    k_spent bigint[];
    c_counts_tokens boolean[];
    c_start timestamptz[];
    c_end timestamptz[];
    c_settled bigint[];
    c_live bigint[];
    v_admitted integer[] := '{}';
    v_moves llm_gateway.movement[];
    r record;
    v_counter integer;
    v_amount bigint;
    v_reset timestamptz;
    v_held text[];
begin
    select array_agg(p.budget), array_agg(p.key) into v_budgets, v_lock_keys
    from (
        select distinct b.budget, v_keys[x.key] as key
        from jsonb_to_recordset(p_batch->'calls') as x(key integer, budgets text[])
        left join lateral unnest(x.budgets) as b(budget) on true
    ) p;
    v_held := llm_gateway.hold_v1(p_gateway, v_budgets);
    v_budgets := array(
        select case when b.budget <> all(v_held) then b.budget end
        from unnest(v_budgets) with ordinality as b(budget, i) order by b.i);
    perform llm_gateway.lock_v1(p_gateway, v_budgets, v_lock_keys);

    -- One second for the whole batch: no period and no minute ends within it.
    v_now := clock_timestamp();
    if date_trunc('second', v_now) <> date_trunc('second', v_now + v_count * interval '1 microsecond') then
        v_now := date_trunc('second', v_now + v_count * interval '1 microsecond');
    end if;
    v_minute := floor(extract(epoch from v_now) / 60);

    select
        array_agg(case when s.minute = v_minute then s.requests else 0 end order by k.i),
        array_agg(case when s.minute = v_minute then s.tokens else 0 end order by k.i),
        array_agg(s.parallel order by k.i), array_agg(s.spent order by k.i)
    into k_requests, k_tokens, k_parallel, k_spent
    from unnest(v_keys) with ordinality as k(key, i)
    join llm_gateway.key_state s on s.gateway = p_gateway and s.key = k.key;
    select
        array_agg(x.counts_tokens order by x.i), array_agg(x.period_start order by x.i),
        array_agg(coalesce(x.period_end, 'infinity') order by x.i),
        array_agg(c.settled order by x.i), array_agg(c.live order by x.i)
    into c_counts_tokens, c_start, c_end, c_settled, c_live
    from jsonb_to_recordset(p_batch->'counters') as x(
        i integer, budget text, key text, definition text, period_start timestamptz, period_end timestamptz, counts_tokens boolean)
    left join llm_gateway.counter c
        on c.gateway = p_gateway and c.budget = x.budget and c.key = x.key and c.definition = x.definition
        and c.period_start = x.period_start;

    for r in
        select * from jsonb_to_recordset(p_batch->'calls') as x(
            i integer, key integer, requests bigint, tokens_per_minute bigint, parallel bigint, cost bigint, tokens bigint,
            counters integer[], limits bigint[], budgets text[])
        order by x.i
    loop
        o_call := r.i;
        o_verdict := 0;
        o_counter := null;
        v_reset := null;
        if v_now > (p_batch->>'until')::timestamptz then
            o_verdict := 7;
        elsif r.budgets && v_held then
            o_verdict := 6;
        end if;
        for j in 1 .. cardinality(r.counters) loop
            v_counter := r.counters[j];
            if v_now < c_start[v_counter] or v_now >= c_end[v_counter] then
                o_verdict := 7;
            elsif c_settled[v_counter] is null and o_verdict = 0 then
                o_verdict := 6;
            end if;
        end loop;
        if o_verdict = 0 then
            for j in 1 .. cardinality(r.counters) loop
                v_counter := r.counters[j];
                v_amount := case when c_counts_tokens[v_counter] then r.tokens else r.cost end;
                if v_amount > 0 and c_settled[v_counter] + v_amount > r.limits[j] and (v_reset is null or c_end[v_counter] > v_reset) then
                    o_verdict := 1;
                    o_counter := v_counter;
                    v_reset := c_end[v_counter];
                end if;
            end loop;
        end if;
        if o_verdict = 0 then
            if k_requests[r.key] >= r.requests then
                o_verdict := 2;
            elsif r.tokens > r.tokens_per_minute - k_tokens[r.key] then
                o_verdict := 3;
            elsif k_parallel[r.key] >= r.parallel then
                o_verdict := 4;
            end if;
        end if;
        if o_verdict = 0 then
            for j in 1 .. cardinality(r.counters) loop
                v_counter := r.counters[j];
                v_amount := case when c_counts_tokens[v_counter] then r.tokens else r.cost end;
                if v_amount > 0 and c_settled[v_counter] + c_live[v_counter] + v_amount > r.limits[j] then
                    o_verdict := 5;
                    o_counter := v_counter;
                    exit;
                end if;
            end loop;
        end if;
        o_settled := c_settled[o_counter];
        o_live := c_live[o_counter];
        if o_verdict = 0 then
            k_requests[r.key] := k_requests[r.key] + 1;
            k_tokens[r.key] := k_tokens[r.key] + r.tokens;
            k_parallel[r.key] := k_parallel[r.key] + 1;
            for j in 1 .. cardinality(r.counters) loop
                v_counter := r.counters[j];
                v_amount := case when c_counts_tokens[v_counter] then r.tokens else r.cost end;
                c_live[v_counter] := least(c_live[v_counter] + v_amount, 2305843009213693951);
            end loop;
            v_admitted := v_admitted || r.i;
        end if;
        o_requests := k_requests[r.key];
        o_tokens := k_tokens[r.key];
        o_spent := k_spent[r.key];
        o_started_at := v_now + r.i * interval '1 microsecond';
        return next;
    end loop;
    if cardinality(v_admitted) = 0 then
        return;
    end if;

    update llm_gateway.key_state s
    set minute = v_minute, requests = k.requests, tokens = k.tokens, parallel = k.parallel
    from unnest(v_keys, k_requests, k_tokens, k_parallel) as k(key, requests, tokens, parallel)
    where s.gateway = p_gateway and s.key = k.key;
    with admitted as (
        insert into llm_gateway.reservation (
            number, gateway, session, call_id, key, started_at, expires_at, cost, tokens, held_cost, held_tokens, prompt_cost, prompt_tokens,
            budgets, holds, facts)
        select
            x.number, p_gateway, p_batch->>'session', x.call_id, v_keys[x.key], v_now + x.i * interval '1 microsecond',
            v_now + (p_batch->>'lease')::bigint * interval '1 millisecond', x.cost, x.tokens, x.cost, x.tokens,
            x.prompt_cost, x.prompt_tokens, x.budgets, x.holds, x.facts
        from jsonb_to_recordset(p_batch->'calls') as x(
            i integer, number bigint, call_id text, key integer, cost bigint, tokens bigint, prompt_cost bigint, prompt_tokens bigint,
            budgets text[], holds jsonb, facts jsonb)
        where x.i = any(v_admitted)
        returning *
    )
    select array_agg(row(b.budget, a.key, a.started_at, a.cost, a.tokens, 0, 0, 0, 0)::llm_gateway.movement) into v_moves
    from admitted a cross join lateral unnest(a.budgets) as b(budget);
    if v_moves is not null then
        perform llm_gateway.count_v1(p_gateway, v_moves);
    end if;
end $$;

-- What the ledger knows of a budget from an instant to another, by key.
create function llm_gateway.spent_v1(
    p_gateway text, p_budget text, p_start timestamptz, p_end timestamptz, p_counts_tokens boolean)
returns table (key text, settled numeric, overshoot numeric) language sql stable as $$
    select
        q.key,
        sum(case when p_counts_tokens then q.tokens else q.nanos end),
        sum(case when p_counts_tokens then q.overshoot_tokens else q.overshoot_nanos end)
    from llm_gateway.budget_quarter q
    where q.gateway = p_gateway and q.budget = p_budget and q.quarter >= p_start and (p_end is null or q.quarter < p_end)
    group by q.key
$$;

-- What live calls hold of a budget, by key.
create function llm_gateway.held_v1(
    p_gateway text, p_budget text, p_start timestamptz, p_end timestamptz, p_counts_tokens boolean)
returns table (key text, held numeric) language sql stable as $$
    select r.key, sum(case when p_counts_tokens then r.held_tokens else r.held_cost end)
    from llm_gateway.reservation r
    where r.gateway = p_gateway and p_budget = any(r.budgets) and r.started_at >= p_start and (p_end is null or r.started_at < p_end)
    group by r.key
$$;

-- Those of the counters that are missing, each once.
create function llm_gateway.missing_v1(p_gateway text, p_counters jsonb)
returns table (budget text, key text, definition text, period_start timestamptz, period_end timestamptz, counts_tokens boolean)
language sql stable as $$
    select distinct x.budget, x.key, x.definition, x.period_start, x.period_end, x.counts_tokens
    from jsonb_to_recordset(p_counters) as x(
        budget text, key text, definition text, period_start timestamptz, period_end timestamptz, counts_tokens boolean)
    where not exists (
        select from llm_gateway.counter c
        where c.gateway = p_gateway and c.budget = x.budget and c.key = x.key and c.definition = x.definition
            and c.period_start = x.period_start)
$$;

-- Makes counters that are missing. Nothing else moves their budgets meanwhile. Unless it is patient it passes over budgets that somebody
-- holds, and those with much to add up, so that others do not wait for them; it answers which.
create function llm_gateway.seed_v1(p_gateway text, p_batch jsonb) returns setof text language plpgsql set jit = off as $$
declare
    v_counters jsonb := p_batch->'counters';
    v_is_patient boolean := (p_batch->>'patient')::boolean;
    v_left_out text[] := '{}';
    r record;
begin
    perform set_config('lock_timeout', p_batch->>'wait', true);
    if not v_is_patient then
        v_left_out := array(
            select distinct p.budget
            from (select distinct m.budget, m.period_start, m.period_end from llm_gateway.missing_v1(p_gateway, v_counters) m) p
            where 100000 < (
                select count(*)
                from (
                    select from llm_gateway.budget_quarter q
                    where q.gateway = p_gateway and q.budget = p.budget
                        and q.quarter >= p.period_start and (p.period_end is null or q.quarter < p.period_end)
                    limit 100001
                ) s));
    end if;
    for r in
        select b.bucket, array_agg(distinct b.budget) as budgets
        from (
            select hashtext(p_gateway || ' ' || m.budget) & 63 as bucket, m.budget
            from llm_gateway.missing_v1(p_gateway, v_counters) m where m.budget <> all(v_left_out)
        ) b
        group by b.bucket order by b.bucket
    loop
        begin
            perform pg_advisory_xact_lock(1819045734, r.bucket);
        exception when lock_not_available then
            if v_is_patient then
                raise;
            end if;
            v_left_out := v_left_out || r.budgets;
        end;
    end loop;
    for r in
        select m.budget, m.definition, m.period_start, m.period_end, m.counts_tokens, array_agg(m.key) as keys
        from llm_gateway.missing_v1(p_gateway, v_counters) m
        where m.budget <> all(v_left_out)
        group by m.budget, m.definition, m.period_start, m.period_end, m.counts_tokens
        order by m.budget collate "C", m.definition collate "C", m.period_start
    loop
        insert into llm_gateway.counter (
            gateway, budget, key, definition, period_start, period_end, counts_tokens, settled, live, overshoot, used_at)
        select
            p_gateway, r.budget, k.key, r.definition, r.period_start, r.period_end, r.counts_tokens,
            least(greatest(coalesce(s.settled, 0), 0), 2305843009213693951),
            least(coalesce(h.held, 0), 2305843009213693951),
            least(greatest(coalesce(s.overshoot, 0), 0), 2305843009213693951), clock_timestamp()
        from unnest(r.keys) as k(key)
        left join (
            select c.key, sum(p.settled) as settled, sum(p.overshoot) as overshoot
            from llm_gateway.spent_v1(p_gateway, r.budget, r.period_start, r.period_end, r.counts_tokens) p
            cross join lateral (values (''), (p.key)) c(key)
            where c.key = any(r.keys)
            group by c.key
        ) s on s.key = k.key
        left join (
            select c.key, sum(l.held) as held
            from llm_gateway.held_v1(p_gateway, r.budget, r.period_start, r.period_end, r.counts_tokens) l
            cross join lateral (values (''), (l.key)) c(key)
            where c.key = any(r.keys)
            group by c.key
        ) h on h.key = k.key
        on conflict do nothing;
    end loop;
    return query select unnest(v_left_out);
end $$;

-- Settles calls by their rows. A call that was given up meanwhile is not written: its row comes back, for the difference to be written.
-- Nothing is answered of rows whose budgets somebody makes counters of: they are not written, and have to come again.
create function llm_gateway.settle_v1(p_gateway text, p_rows jsonb)
returns table (o_row integer, o_given_up jsonb, o_spent bigint) language plpgsql set jit = off set lock_timeout = '1500ms' as $$
#variable_conflict use_column
declare
    v_budgets text[];
    v_keys text[];
    v_moves llm_gateway.movement[];
    v_released bigint[];
    v_rows jsonb;
    v_held text[];
    v_numbers integer[];
begin
    select array_agg(p.budget), array_agg(p.key) into v_budgets, v_keys
    from (
        select distinct b.budget, r.key
        from jsonb_to_recordset(p_rows) as r(number bigint, key text, charges jsonb)
        left join llm_gateway.reservation s on s.number = r.number and s.gateway = p_gateway
        left join lateral (
            select unnest(s.budgets) as budget
            union
            select c.budget from jsonb_to_recordset(r.charges) as c(budget text)
        ) b on true
    ) p;
    v_held := llm_gateway.hold_v1(p_gateway, v_budgets);
    if cardinality(v_held) > 0 then
        select array_agg(r.i order by r.i), jsonb_agg(r.row order by r.i) into v_numbers, v_rows
        from jsonb_array_elements(p_rows) with ordinality as r(row, i)
        where not exists (select from jsonb_to_recordset(r.row->'charges') as c(budget text) where c.budget = any(v_held))
            and not exists (
                select from llm_gateway.reservation s
                where s.number = (r.row->>'number')::bigint and s.gateway = p_gateway and s.budgets && v_held);
        if v_rows is not null then
            return query
                select v_numbers[s.o_row + 1] - 1, s.o_given_up, s.o_spent from llm_gateway.settle_v1(p_gateway, v_rows) s;
        end if;
        return;
    end if;
    perform llm_gateway.lock_v1(p_gateway, v_budgets, v_keys);

    with released as (
        delete from llm_gateway.reservation s
        where s.gateway = p_gateway and s.number in (select r.number from jsonb_to_recordset(p_rows) as r(number bigint))
        returning *
    ),
    left_by as (
        update llm_gateway.key_state k set
            parallel = greatest(k.parallel - l.calls, 0),
            tokens = greatest(k.tokens + case when k.minute = l.minute then l.tokens else 0 end, 0)
        from (
            select s.key, count(*) as calls, max(m.minute) as minute,
                coalesce(sum(r.tokens - s.held_tokens) filter (where m.minute = n.minute), 0) as tokens
            from released s
            cross join lateral (select floor(extract(epoch from s.started_at) / 60)::bigint as minute) m
            join llm_gateway.key_state n on n.gateway = p_gateway and n.key = s.key
            join lateral (
                select max(r.tokens) as tokens from jsonb_to_recordset(p_rows) as r(number bigint, tokens bigint)
                where r.number = s.number
            ) r on true
            group by s.key
        ) l
        where k.gateway = p_gateway and k.key = l.key
    )
    select
        array_agg(distinct s.number),
        array_agg(row(b.budget, s.key, s.started_at, -s.held_cost, -s.held_tokens, 0, 0, 0, 0)::llm_gateway.movement)
            filter (where b.budget is not null)
    into v_released, v_moves
    from released s left join lateral unnest(s.budgets) as b(budget) on true;

    select jsonb_agg(r.row) into v_rows
    from jsonb_array_elements(p_rows) as r(row)
    where r.row->>'kind' <> 'Settled' or (r.row->>'number')::bigint = any(v_released) or not exists (
        select from llm_gateway.ledger l where l.kind = 'Abandoned' and l.number = (r.row->>'number')::bigint);
    perform llm_gateway.insert_rows_v1(p_gateway, coalesce(v_rows, '[]'), v_moves);

    return query
        select r.i::integer - 1,
            (select jsonb_build_object(
                'startedAt', l.started_at, 'costNanos', l.cost_nanos, 'tokens', l.tokens, 'charges', l.charges)
            from llm_gateway.ledger l
            where r.row->>'kind' = 'Settled' and l.kind = 'Abandoned' and l.number = (r.row->>'number')::bigint),
            k.spent
        from jsonb_array_elements(p_rows) with ordinality as r(row, i)
        join llm_gateway.key_state k on k.gateway = p_gateway and k.key = r.row->>'key';
end $$;

-- Renews leases with what the calls have accrued; a call that outgrows its reservation raises it. Answers which calls live.
create function llm_gateway.renew_v1(p_gateway text, p_batch jsonb) returns setof bigint language plpgsql set jit = off set lock_timeout = '1500ms' as $$
#variable_conflict use_column
declare
    v_budgets text[];
    v_keys text[];
    v_moves llm_gateway.movement[];
    v_numbers bigint[];
begin
    select array_agg(p.budget), array_agg(p.key) into v_budgets, v_keys
    from (
        select distinct b.budget, s.key
        from jsonb_to_recordset(p_batch->'calls') as x(number bigint, cost bigint, tokens bigint)
        join llm_gateway.reservation s on s.number = x.number and s.gateway = p_gateway
        left join lateral unnest(s.budgets) as b(budget) on true
        where x.cost > s.held_cost or x.tokens > s.held_tokens
    ) p;
    if v_keys is not null then
        perform llm_gateway.lock_v1(p_gateway, v_budgets, v_keys);
    end if;

    -- A call may be in a batch twice, once to be raised and once to be renewed.
    with before as (
        select s.number, s.key, s.started_at, s.budgets, s.held_cost, s.held_tokens, x.cost, x.tokens
        from (
            select c.number, max(c.cost) as cost, max(c.tokens) as tokens
            from jsonb_to_recordset(p_batch->'calls') as c(number bigint, cost bigint, tokens bigint)
            group by c.number
        ) x
        join llm_gateway.reservation s on s.number = x.number and s.gateway = p_gateway
        order by s.number for no key update of s
    ),
    renewed as (
        update llm_gateway.reservation s set
            expires_at = clock_timestamp() + (p_batch->>'lease')::bigint * interval '1 millisecond',
            accrued_cost = greatest(s.accrued_cost, b.cost), accrued_tokens = greatest(s.accrued_tokens, b.tokens),
            held_cost = greatest(s.held_cost, b.cost), held_tokens = greatest(s.held_tokens, b.tokens)
        from before b where s.number = b.number
    ),
    raised as (
        select b.*, greatest(b.cost - b.held_cost, 0) as more_cost, greatest(b.tokens - b.held_tokens, 0) as more_tokens
        from before b where b.cost > b.held_cost or b.tokens > b.held_tokens
    ),
    used as (
        update llm_gateway.key_state k set tokens = k.tokens + u.tokens
        from (
            select r.key, sum(r.more_tokens) as tokens
            from raised r
            join llm_gateway.key_state n
                on n.gateway = p_gateway and n.key = r.key and n.minute = floor(extract(epoch from r.started_at) / 60)
            group by r.key
        ) u
        where k.gateway = p_gateway and k.key = u.key
    )
    select (select array_agg(number) from before), (
        select array_agg(row(b.budget, r.key, r.started_at, r.more_cost, r.more_tokens, 0, 0, 0, 0)::llm_gateway.movement)
        from raised r cross join lateral unnest(r.budgets) as b(budget))
    into v_numbers, v_moves;
    if v_moves is not null then
        perform llm_gateway.count_v1(p_gateway, v_moves);
    end if;
    return query select unnest(v_numbers);
end $$;

-- Gives up those of the calls whose lease is over or whose session is one of these: each is charged what it had accrued, at least its prompt.
create function llm_gateway.abandon_v1(p_gateway text, p_numbers bigint[], p_sessions text[])
returns table (o_call_id text, o_key text) language plpgsql as $$
#variable_conflict use_column
declare
    v_budgets text[];
    v_keys text[];
    v_moves llm_gateway.movement[];
    v_rows jsonb;
begin
    select array_agg(p.budget), array_agg(p.key) into v_budgets, v_keys
    from (
        select distinct b.budget, s.key
        from llm_gateway.reservation s left join lateral unnest(s.budgets) as b(budget) on true
        where s.number = any(p_numbers)
    ) p;
    if v_keys is null then
        return;
    end if;
    perform llm_gateway.lock_v1(p_gateway, v_budgets, v_keys);

    with swept as (
        delete from llm_gateway.reservation s
        where s.number = any(p_numbers) and (s.expires_at < clock_timestamp() or s.session = any(p_sessions))
        returning *
    ),
    lost as (
        select
            s.*, greatest(s.prompt_cost, s.accrued_cost) as due_cost, greatest(s.prompt_tokens, s.accrued_tokens) as due_tokens,
            floor(extract(epoch from s.started_at) / 60)::bigint as minute
        from swept s
    ),
    left_by as (
        update llm_gateway.key_state k set
            parallel = greatest(k.parallel - l.calls, 0), tokens = greatest(k.tokens + l.tokens, 0)
        from (
            select s.key, count(*) as calls,
                coalesce(sum(s.due_tokens - s.held_tokens) filter (where s.minute = n.minute), 0) as tokens
            from lost s join llm_gateway.key_state n on n.gateway = p_gateway and n.key = s.key
            group by s.key
        ) l
        where k.gateway = p_gateway and k.key = l.key
    )
    select
        jsonb_agg(jsonb_build_object(
            'kind', 'Abandoned', 'number', s.number, 'callId', s.call_id, 'startedAt', s.started_at, 'endedAt', clock_timestamp(),
            'key', s.key, 'costNanos', s.due_cost, 'tokens', s.due_tokens, 'facts', s.facts,
            'charges', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'budget', h.budget, 'periodStart', h.period_start, 'unit', h.unit, 'amount', h.amount,
                    'overshoot', greatest(h.amount - h.reserved, 0))), '[]')
                from (
                    select h.*, case h.unit when 'Tokens' then s.due_tokens else s.due_cost end as amount
                    from jsonb_to_recordset(s.holds) as h(budget text, period_start text, unit text, reserved bigint)
                ) h))),
        (
            select array_agg(row(b.budget, l.key, l.started_at, -l.held_cost, -l.held_tokens, 0, 0, 0, 0)::llm_gateway.movement)
            from lost l cross join lateral unnest(l.budgets) as b(budget)
        )
    into v_rows, v_moves
    from lost s;
    if v_rows is null then
        return;
    end if;
    perform llm_gateway.insert_rows_v1(p_gateway, v_rows, v_moves);
    return query select r."callId", r.key from jsonb_to_recordset(v_rows) as r("callId" text, key text);
end $$;

-- Calls whose lease is over.
create function llm_gateway.sweep_v1(p_gateway text, p_limit integer)
returns table (o_call_id text, o_key text) language sql set jit = off set lock_timeout = '1500ms' as $$
    select a.o_call_id, a.o_key
    from llm_gateway.abandon_v1(
        p_gateway,
        array(
            select s.number from llm_gateway.reservation s
            where s.gateway = p_gateway and s.expires_at < clock_timestamp()
            order by s.expires_at limit p_limit),
        '{}') a
$$;

-- Calls of processes that are gone.
create function llm_gateway.orphan_v1(p_gateway text, p_batch jsonb)
returns table (o_call_id text, o_key text) language plpgsql set jit = off set lock_timeout = '1500ms' as $$
declare
    v_sessions text[] := array(select jsonb_array_elements_text(p_batch->'sessions'));
begin
    return query
        select a.o_call_id, a.o_key
        from llm_gateway.abandon_v1(
            p_gateway,
            array(
                select s.number from llm_gateway.reservation s
                where s.gateway = p_gateway and s.session = any(v_sessions)
                limit (p_batch->>'limit')::integer),
            v_sessions) a;
end $$;

-- Where counters stand; those that are missing as they would be made. Answers by the number of the question.
create function llm_gateway.read_v1(p_gateway text, p_budgets jsonb)
returns table (o_budget integer, o_key text, o_settled bigint, o_live bigint, o_overshoot bigint)
language plpgsql stable set jit = off as $$
declare
    r record;
begin
    for r in
        select * from jsonb_to_recordset(p_budgets) as x(
            i integer, budget text, definition text, per_key boolean, period_start timestamptz, period_end timestamptz,
            counts_tokens boolean)
    loop
        return query
            select r.i, c.key::text, c.settled, c.live, c.overshoot
            from llm_gateway.counter c
            where not r.per_key and c.gateway = p_gateway and c.budget = r.budget and c.key = ''
                and c.definition = r.definition and c.period_start = r.period_start;
        if not found then
            return query
                with derived as (
                    select k.key, coalesce(s.settled, 0) as settled, coalesce(h.held, 0) as held, coalesce(s.overshoot, 0) as overshoot
                    from (
                        select s.key, s.settled, s.overshoot
                        from llm_gateway.spent_v1(p_gateway, r.budget, r.period_start, r.period_end, r.counts_tokens) s
                    ) s
                    full join llm_gateway.held_v1(p_gateway, r.budget, r.period_start, r.period_end, r.counts_tokens) h
                        on h.key = s.key
                    cross join lateral (select coalesce(s.key, h.key) as key) k
                )
                select
                    r.i, case when r.per_key then d.key else '' end,
                    least(greatest(sum(d.settled), 0), 2305843009213693951)::bigint,
                    least(sum(d.held), 2305843009213693951)::bigint,
                    least(greatest(sum(d.overshoot), 0), 2305843009213693951)::bigint
                from derived d
                group by 2;
        end if;
    end loop;
end $$;

-- What the ledger says was spent under budgets in their periods, without what live calls hold.
create function llm_gateway.rebuild_v1(p_gateway text, p_budgets jsonb)
returns table (o_budget integer, o_key text, o_settled bigint, o_overshoot bigint) language sql stable set jit = off as $$
    select
        x.i, k.key, least(greatest(sum(s.settled), 0), 2305843009213693951)::bigint,
        least(greatest(sum(s.overshoot), 0), 2305843009213693951)::bigint
    from jsonb_to_recordset(p_budgets) as x(
        i integer, budget text, per_key boolean, period_start timestamptz, period_end timestamptz, counts_tokens boolean)
    cross join lateral llm_gateway.spent_v1(p_gateway, x.budget, x.period_start, x.period_end, x.counts_tokens) s
    cross join lateral (select case when x.per_key then s.key else '' end as key) k
    group by x.i, k.key
$$;

-- Deletes old rows, some at a time, and counters that nobody has asked for long: they would be made again. Answers how many rows.
create function llm_gateway.clean_v1(p_gateway text, p_before timestamptz, p_limit integer) returns bigint
language plpgsql set jit = off as $$
declare
    v_deleted bigint;
begin
    delete from llm_gateway.counter c where c.ctid = any(array(
        select o.ctid from llm_gateway.counter o
        where o.gateway = p_gateway and o.live = 0 and o.used_at < clock_timestamp() - interval '1 day'
        limit p_limit for update skip locked));
    delete from llm_gateway.ledger l where l.ctid = any(array(
        select o.ctid from llm_gateway.ledger o where o.gateway = p_gateway and o.started_at < p_before
        order by o.started_at limit p_limit for update skip locked));
    get diagnostics v_deleted = row_count;
    return v_deleted;
end $$;

-- A row as it was written.
create function llm_gateway.row_v1(l llm_gateway.ledger) returns jsonb language sql stable as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'kind', l.kind, 'number', l.number, 'callId', l.call_id, 'startedAt', l.started_at, 'endedAt', l.ended_at, 'key', l.key,
        'costNanos', l.cost_nanos, 'tokens', l.tokens, 'charges', l.charges, 'calls', nullif(l.calls, 1),
        'facts', jsonb_build_object(
            'gateway', l.gateway, 'model', l.model, 'route', l.route, 'stream', l.stream, 'endUser', l.end_user,
            'session', l.session, 'tags', to_jsonb(l.tags), 'attribution', l.attribution),
        'settlement', case when l.total_nanos is not null then jsonb_build_object(
            'status', l.status, 'cost', l.total_nanos, 'currency', l.currency, 'unpriced', l.unpriced,
            'priceVersion', l.price_version, 'error', l.error, 'servedModel', l.served_model, 'servedRoute', l.served_route,
            'target', l.target, 'provider', l.provider, 'upstreamModel', l.upstream_model, 'attempts', l.attempts,
            'httpStatus', l.http_status, 'latency', l.latency::text, 'firstToken', l.first_token::text,
            'usage', jsonb_build_object(
                'inputUncached', l.input_uncached, 'cacheRead', l.cache_read, 'cacheWrite5m', l.cache_write_5m,
                'cacheWrite1h', l.cache_write_1h, 'audioInput', l.audio_input, 'output', l.output, 'reasoning', l.reasoning,
                'audioOutput', l.audio_output, 'webSearches', l.web_searches, 'fileSearches', l.file_searches,
                'serviceTier', l.service_tier, 'estimated', l.estimated, 'raw', l.usage_raw))
        end))
$$;
