-- For counters that are kept elsewhere: the order of writes and seeds. A write holds the row while it lasts, a seed raises it first.
create table llm_gateway.seed_order (
    gateway text collate "C" primary key,
    number bigint not null
);

-- Writes rows; answers for each the number of the last seed before it, as it was when it was written first. Counters that are lost forget
-- which calls were given up: of a call that is settled after that, and of one that is given up once more, the ledger has a row already
-- that stands in the way. Such a row is not written but answered with that other one, and with the number of the last seed of all.
create function llm_gateway.write_ordered_v1(p_gateway text, p_rows jsonb)
returns table (o_row integer, o_seed bigint, o_former jsonb) language plpgsql set jit = off set lock_timeout = '1500ms' as $$
declare
    v_seed bigint;
    v_given_up text[];
    v_rows jsonb;
begin
    insert into llm_gateway.seed_order (gateway, number) values (p_gateway, 0) on conflict do nothing;
    select s.number into v_seed from llm_gateway.seed_order s where s.gateway = p_gateway for share;
    perform llm_gateway.lock_rows_v1(p_gateway, p_rows);
    v_given_up := array(
        select concat(r->>'startedAt', ' ', r->>'callId') from jsonb_array_elements(p_rows) r where r->>'kind' = 'Abandoned');
    select jsonb_agg(r.value order by r.i) into v_rows
    from jsonb_array_elements(p_rows) with ordinality as r(value, i)
    left join llm_gateway.ledger f on f.gateway = p_gateway and f.started_at = (r.value->>'startedAt')::timestamptz
        and f.call_id = r.value->>'callId'
        and f.kind = case r.value->>'kind' when 'Settled' then 'Abandoned' when 'Abandoned' then 'Settled' end
    where f.kind is null
        and (r.value->>'kind' <> 'Settled' or concat(r.value->>'startedAt', ' ', r.value->>'callId') <> all(v_given_up));
    perform llm_gateway.insert_rows_v1(p_gateway, coalesce(v_rows, '[]'), '{}', v_seed);
    return query
        select r.i::integer - 1, case when f.kind is null then l.seed else v_seed end,
            case when f.kind is not null then jsonb_build_object(
                'startedAt', f.started_at, 'costNanos', f.cost_nanos, 'tokens', f.tokens, 'charges', f.charges) end
        from jsonb_array_elements(p_rows) with ordinality as r(value, i)
        left join llm_gateway.ledger l on l.gateway = p_gateway and l.started_at = (r.value->>'startedAt')::timestamptz
            and l.call_id = r.value->>'callId' and l.kind = r.value->>'kind'
        left join llm_gateway.ledger f on f.gateway = p_gateway and f.started_at = (r.value->>'startedAt')::timestamptz
            and f.call_id = r.value->>'callId'
            and f.kind = case
                when r.value->>'kind' = 'Settled' and l.kind is null then 'Abandoned'
                when r.value->>'kind' = 'Abandoned' and l.kind is null then 'Settled'
                when r.value->>'kind' = 'Abandoned' and l.ended_at <> (r.value->>'endedAt')::timestamptz then 'Abandoned'
            end
        order by r.i;
end $$;

-- When the gateway last counted in this database itself, and how long ago that is, in microseconds; no row: never.
create function llm_gateway.last_count_v1(p_gateway text)
returns table (o_at bigint, o_ago bigint) language sql volatile as $$
    select (extract(epoch from c.at) * 1000000)::bigint, (extract(epoch from clock_timestamp() - c.at) * 1000000)::bigint
    from llm_gateway.last_count c where c.gateway = p_gateway
$$;

-- What rebuild_v1 says, and by key (budget -1) what was spent ever. First a row with the number of this seed, and what last_count_v1 said
-- before anything was read.
create function llm_gateway.seed_ordered_v1(p_gateway text, p_budgets jsonb)
returns table (o_seed bigint, o_budget integer, o_key text, o_settled bigint, o_overshoot bigint) language plpgsql set jit = off as $$
declare
    v_seed bigint;
begin
    insert into llm_gateway.seed_order as s (gateway, number) values (p_gateway, 1)
    on conflict (gateway) do update set number = s.number + 1
    returning s.number into v_seed;
    return query
        select v_seed, null::integer, null::text, c.o_at, c.o_ago
        from (values (1)) one left join llm_gateway.last_count_v1(p_gateway) c on true;
    return query select v_seed, r.o_budget, r.o_key, r.o_settled, r.o_overshoot from llm_gateway.rebuild_v1(p_gateway, p_budgets) r;
    return query select v_seed, -1, k.key, k.spent, 0::bigint from llm_gateway.key_state k where k.gateway = p_gateway and k.spent > 0;
end $$;
