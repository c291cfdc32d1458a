-- Puts what calls did cost in the place of what they hold. A batch counts once, however often it is sent: its session and number say which.
-- Those of a session come in order, and again from an earlier one where a volume has forgotten what was delivered.
-- Again: it may have been sent before, to counters that are lost since then. Its rows may be in the ledger, which alone knows whether
-- counters have them.
local epoch, session, batch, maxRows, patience = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local isAgain = ARGV[6] == '1'
local FIRST, WIDTH = 7, 9
local refused = stale(epoch)
if refused then return refused end
local answer = { 'OK', int(now) }
local former = redis.call('HMGET', p .. ':w:' .. session, 'n', 'e', 'a')
if former[2] == epoch then
  if former[1] == batch then return cjson.decode(former[3]) end
  if number(former[1]) > number(batch) then
    for _ = FIRST, #ARGV, WIDTH do answer[#answer + 1] = '' end
    return answer
  end
end

local function isCovered(item, h) return not string.find(item.uncovered, '\n' .. h.id .. '\n', 1, true) end

local function settled(item, list, kind, lease, isUnsure)
  local charges = {}
  for _, h in ipairs(list) do
    local amount = isCovered(item, h) and pick(h.unit, item.cost, item.tokens) or 0
    local overshoot = math.max(amount - h.reserved, 0)
    if kind == 'C' then
      -- Once it was given up others may have taken what it held: only what it was charged then still stands.
      overshoot = amount > h.held and amount - h.held or overshoot - math.max(h.held - h.reserved, 0)
      amount = amount - h.held
    end
    if isCovered(item, h) or amount ~= 0 then
      if not isUnsure then charge(h, amount, overshoot) end
      charges[#charges + 1] = charged(h, amount, overshoot)
    end
  end
  local cost, tokens = item.cost, item.tokens
  if kind == 'C' then cost, tokens = cost - number(lease.xc), tokens - number(lease.xn) end
  if not isUnsure then add(p .. ':spent', item.key, cost) end
  local row = head(isUnsure and '' or epoch, kind, lease and lease.at or item.started, cost, tokens, charges)
  if redis.call('HLEN', p .. ':rows') < maxRows then keep(item.id, kind, row, item.facts, now + patience) end
  return row
end

local function settle(item)
  local lease = read(p .. ':r:' .. item.id)
  if lease then
    local list = holds(lease.h)
    for _, h in ipairs(list) do release(h) end
    local _, tokens = covered(lease)
    leave(epoch, lease, item.tokens - tokens, item.cancelled)
    forget(item.id)
    if item.cancelled then return '' end
    return settled(item, list, 'S', lease)
  end
  local gone = read(p .. ':g:' .. item.id)
  if gone then
    redis.call('DEL', p .. ':g:' .. item.id)
    return settled(item, holds(gone.h), gone.l and 'S' or 'C', gone)
  end
  -- It was let go while the store could not count, or is of an epoch before; the latter may have been counted from the ledger already.
  if item.cancelled then return '' end
  local isUnsure = isAgain or redis.call('ZSCORE', p .. ':late', item.id .. '/S')
  return settled(item, holds(item.holds), 'S', nil, isUnsure)
end

for i = FIRST, #ARGV, WIDTH do
  answer[#answer + 1] = settle({
    id = ARGV[i], key = ARGV[i + 1], cost = tonumber(ARGV[i + 2]), tokens = tonumber(ARGV[i + 3]), started = ARGV[i + 4],
    facts = ARGV[i + 5], holds = ARGV[i + 6], uncovered = ARGV[i + 7], cancelled = ARGV[i + 8] == '1',
  })
end
redis.call('HSET', p .. ':w:' .. session, 'n', batch, 'e', epoch, 'a', cjson.encode(answer))
redis.call('PEXPIRE', p .. ':w:' .. session, 86400000)
return answer
