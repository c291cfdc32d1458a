-- Amounts are billionths of the currency, or tokens: integers everywhere. Names sort by their bytes, so that locks have one order.

-- What was spent: written once, never changed. The rows of a call add up to what it cost.
create table llm_gateway.ledger (
    started_at timestamptz not null,
    call_id text collate "C" not null,
    kind text collate "C" not null,
    gateway text collate "C" not null,
    number bigint not null,
    ended_at timestamptz not null,
    key text collate "C" not null,
    namespace text collate "C" not null generated always as (split_part(key, '/', 1)) stored,
    cost_nanos bigint not null,
    total_nanos bigint,
    tokens bigint not null,
    charges jsonb not null,
    model text not null,
    route text not null,
    stream boolean not null,
    end_user text,
    session text,
    tags text[] not null,
    attribution jsonb not null,
    status text not null,
    calls bigint not null,
    error text,
    currency text,
    input_uncached bigint,
    cache_read bigint,
    cache_write_5m bigint,
    cache_write_1h bigint,
    audio_input bigint,
    output bigint,
    reasoning bigint,
    audio_output bigint,
    web_searches bigint,
    file_searches bigint,
    service_tier text,
    usage_raw text,
    estimated boolean not null,
    cached boolean not null,
    unpriced boolean not null,
    price_version text,
    served_model text,
    served_route text,
    target text,
    provider text,
    upstream_model text,
    attempts integer,
    http_status integer,
    latency interval,
    first_token interval,
    -- For counters that are kept elsewhere: the number of the last seed before this row.
    seed bigint not null default 0,
    -- By gateway first: each keeps its rows as long as it likes, and finds the old ones without reading those of others.
    primary key (gateway, started_at, call_id, kind)
);

-- Logs of one key, newest first.
create index ledger_key on llm_gateway.ledger (gateway, key, started_at desc);

-- Logs of one call.
create index ledger_call on llm_gateway.ledger (call_id);

-- A late settle looks for the row that gave its call up.
create index ledger_abandoned on llm_gateway.ledger (number) where kind = 'Abandoned';

-- What reports are made of. Empty text stands for what a call has not: no route, no team, no price and so no currency.
create table llm_gateway.usage_hour (
    gateway text collate "C" not null,
    hour timestamptz not null,
    key text collate "C" not null,
    route text collate "C" not null,
    model text collate "C" not null,
    team text collate "C" not null,
    currency text collate "C" not null,
    calls bigint not null,
    failed bigint not null,
    refused bigint not null,
    estimated bigint not null,
    cached bigint not null,
    unpriced bigint not null,
    prompt_tokens bigint not null,
    cached_tokens bigint not null,
    completion_tokens bigint not null,
    tokens bigint not null,
    cost_nanos bigint not null,
    primary key (gateway, hour, key, route, model, team, currency)
) with (fillfactor = 70);

-- What counters are rebuilt from. By the quarter of an hour: every zone's days begin at one. A row counts once in each unit: a charge of
-- the other unit stands in with its whole cost or tokens.
create table llm_gateway.budget_quarter (
    gateway text collate "C" not null,
    budget text collate "C" not null,
    quarter timestamptz not null,
    key text collate "C" not null,
    calls bigint not null,
    nanos bigint not null,
    tokens bigint not null,
    overshoot_nanos bigint not null,
    overshoot_tokens bigint not null,
    primary key (gateway, budget, quarter, key)
) with (fillfactor = 70);

-- What a budget has counted in one period under one definition; the key is empty where all count together. One that is missing is made
-- from the ledger and the reservations; one that is there counts every row of its budget, whatever definition the row's gateway knows.
-- Its primary key begins with what is selective even to a planner that has no statistics yet: measured at a seventh of the time.
create table llm_gateway.counter (
    gateway text collate "C" not null,
    budget text collate "C" not null,
    key text collate "C" not null,
    definition text collate "C" not null,
    period_start timestamptz not null,
    period_end timestamptz,
    counts_tokens boolean not null,
    settled bigint not null,
    live bigint not null,
    overshoot bigint not null,
    used_at timestamptz not null,
    primary key (key, budget, gateway, definition, period_start)
) with (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What a key has used: ever, in the UTC minute that is counted, and now.
create table llm_gateway.key_state (
    gateway text collate "C" not null,
    key text collate "C" not null,
    minute bigint not null default 0,
    requests bigint not null default 0,
    tokens bigint not null default 0,
    parallel bigint not null default 0,
    spent bigint not null default 0,
    primary key (key, gateway)
) with (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- When a gateway last counted here, to a second: counters of it that are kept elsewhere lack that.
create table llm_gateway.last_count (
    gateway text collate "C" primary key,
    at timestamptz not null
) with (fillfactor = 50);

-- Live calls, each a lease. The number is the gateway's own: it can settle a call without ever having got the answer to its reserve. The
-- session is that of its process.
create table llm_gateway.reservation (
    number bigint primary key,
    gateway text collate "C" not null,
    session text collate "C" not null,
    call_id text collate "C" not null,
    key text collate "C" not null,
    started_at timestamptz not null,
    expires_at timestamptz not null,
    cost bigint not null,
    tokens bigint not null,
    held_cost bigint not null,
    held_tokens bigint not null,
    prompt_cost bigint not null,
    prompt_tokens bigint not null,
    accrued_cost bigint not null default 0,
    accrued_tokens bigint not null default 0,
    budgets text[] collate "C" not null,
    holds jsonb not null,
    facts jsonb not null
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What happens to the counters of one budget that hold the instant.
create type llm_gateway.movement as (
    budget text,
    key text,
    started_at timestamptz,
    live_cost bigint,
    live_tokens bigint,
    settled_cost bigint,
    settled_tokens bigint,
    overshoot_cost bigint,
    overshoot_tokens bigint
);
