-- Admits a call under the limits of its key and under all budgets, or changes nothing.
local epoch, deadline, id, key, lease = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], tonumber(ARGV[5])
local cost, tokens = ARGV[6], tonumber(ARGV[7])
local perMinute, tokensPerMinute, parallel = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
local FIRST, WIDTH = 15, 9

local asked = { 'epoch', 'began', 'opens' }
for i = FIRST, #ARGV, WIDTH do asked[#asked + 1] = 'd:' .. ARGV[i] end
local state = redis.call('HMGET', p .. ':state', unpack(asked))
if state[1] ~= epoch then return { 'EPOCH', int(now), state[1] or '' } end
if now > deadline then return { 'LATE', int(now) } end
if now >= number(state[2]) and now < number(state[3]) then return { 'WAIT', int(now) } end

local list, numbers, fits = {}, {}, true
for i = FIRST, #ARGV, WIDTH do
  local definition, start, ends = ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3])
  local inForce = state[4 + (i - FIRST) / WIDTH]
  if inForce ~= definition then return { 'DEFINITION', int(now), int((i - FIRST) / WIDTH), inForce or '' } end
  if now < tonumber(start) or (ends and now >= ends) then return { 'PERIOD', int(now) } end
  local h = {
    id = ARGV[i], definition = definition, start = start, expires = tonumber(ARGV[i + 4]), field = ARGV[i + 5], unit = ARGV[i + 6],
    reserved = tonumber(ARGV[i + 8]), name = counter(ARGV[i], definition, start),
  }
  local was = redis.call('HMGET', h.name, h.field .. '#s', h.field .. '#l')
  local settled, live, limit = number(was[1]), number(was[2]), tonumber(ARGV[i + 7])
  if limit and h.reserved > 0 and settled + live + h.reserved > limit then fits = false end
  h.held, h.new = clamp(h.reserved, 0, CAP - live), not was[2]
  numbers[#numbers + 1], numbers[#numbers + 2] = int(settled), int(live)
  list[#list + 1] = h
end

local minute = math.floor(now / 60000000)
local keyState = p .. ':k:' .. epoch .. ':' .. key
local used = redis.call('HMGET', keyState, 'm', 'q', 't', 'p')
local entered = tonumber(used[1]) ~= minute
local requests = entered and 0 or number(used[2])
local spentTokens = entered and 0 or number(used[3])
local live = number(used[4])
if (perMinute and requests >= perMinute) or (tokensPerMinute and spentTokens + tokens > tokensPerMinute)
  or (parallel and live >= parallel) then
  fits = false
end
if not fits then return { 'NO', int(now), int(requests), int(spentTokens), int(live), unpack(numbers) } end

requests, spentTokens = requests + 1, math.min(spentTokens + tokens, CAP)
for _, h in ipairs(list) do
  if h.new then open(h.name, h.expires) end
  redis.call('HINCRBY', h.name, h.field .. '#l', int(h.held))
end
redis.call('HSET', keyState, 'm', int(minute), 'q', int(requests), 't', int(spentTokens), 'p', int(live + 1))
if entered then redis.call('PEXPIRE', keyState, KEY_MS) end
redis.call('HSET', p .. ':r:' .. id, 'k', key, 'o', ARGV[14], 'at', int(now), 'c', cost, 'n', ARGV[7], 'pc', ARGV[8], 'pn', ARGV[9],
  'f', ARGV[13], 'h', text(list))
redis.call('ZADD', p .. ':leases', int(now + lease), id)
return { 'OK', int(now), int(requests), int(spentTokens), redis.call('HGET', p .. ':spent', key) or '0' }
