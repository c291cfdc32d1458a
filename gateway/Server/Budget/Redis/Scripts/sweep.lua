-- Gives up calls whose lease has ended: each is charged what it had accrued, and its row waits until the ledger has it. Returns rows that
-- nobody has brought to the ledger, as many as are wanted; whoever takes one has it for a while, then it is anybody's again.
local epoch, lease, interval, count, patience = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local wanted = ARGV[6]
local refused = stale(epoch)
if refused then return refused end

local function abandon(id)
  local was = read(p .. ':r:' .. id)
  forget(id)
  if not was then return end
  local cost, tokens = math.max(number(was.pc), number(was.ac)), math.max(number(was.pn), number(was.an))
  local list, charges = holds(was.h), {}
  for i, h in ipairs(list) do
    release(h)
    h.held = pick(h.unit, cost, tokens)
    local overshoot = math.max(h.held - h.reserved, 0)
    charge(h, h.held, overshoot)
    charges[i] = charged(h, h.held, overshoot)
  end
  local _, before = covered(was)
  leave(epoch, was, tokens - before, false)
  add(p .. ':spent', was.k, cost)
  keep(id, 'A', head(epoch, 'A', was.at, cost, tokens, charges), was.f, now)
  redis.call('HSET', p .. ':g:' .. id, 'at', was.at, 'xc', int(cost), 'xn', int(tokens), 'h', text(list))
  redis.call('PEXPIRE', p .. ':g:' .. id, FORGET_GONE_MS)
end

-- A store that nobody could ask for a while could not be told either that calls live: they have one more lease.
local state = redis.call('HMGET', p .. ':state', 'swept', 'grace')
local grace = number(state[2])
if now - number(state[1]) > 3 * interval then grace = now + lease end
redis.call('HSET', p .. ':state', 'swept', int(now), 'grace', int(grace))

-- Those of a process that is gone stand at zero, and nobody can tell that they live.
local ended = redis.call('ZRANGEBYSCORE', p .. ':leases', '-inf', now >= grace and int(now) or '0', 'LIMIT', '0', count)
for _, id in ipairs(ended) do abandon(id) end
local abandoned = #ended
redis.call('ZREMRANGEBYSCORE', p .. ':counters', '-inf', int(now))
redis.call('ZREMRANGEBYSCORE', p .. ':late', '-inf', int(now - 86400000000))

local answer = { 'OK', int(now), int(abandoned) }
for _, name in ipairs(redis.call('ZRANGEBYSCORE', p .. ':due', '-inf', int(now), 'LIMIT', '0', wanted)) do
  local row = redis.call('HGET', p .. ':rows', name)
  if row then
    redis.call('ZADD', p .. ':due', int(now + patience), name)
    answer[#answer + 1], answer[#answer + 2] = name, row
  else
    redis.call('ZREM', p .. ':due', name)
  end
end
return answer
