-- Keeps leases alive and raises what outgrew its reservation, unconditionally. Returns the ids of calls that nobody knows of.
local refused = stale(ARGV[1])
if refused then return refused end
local lease = tonumber(ARGV[2])
local unknown = {}

local function raise(id, was, cost, tokens)
  local _, before = covered(was)
  was.ac, was.an = int(math.max(number(was.ac), cost)), int(math.max(number(was.an), tokens))
  local coveredCost, coveredTokens = covered(was)
  local list = holds(was.h)
  for _, h in ipairs(list) do
    local more = pick(h.unit, coveredCost, coveredTokens) - h.held
    if more > 0 then h.held = h.held + hold(h, more) end
  end
  redis.call('HSET', p .. ':r:' .. id, 'ac', was.ac, 'an', was.an, 'h', text(list))
  local key = p .. ':k:' .. ARGV[1] .. ':' .. was.k
  if coveredTokens > before and number(redis.call('HGET', key, 'm')) == math.floor(number(was.at) / 60000000) then
    redis.call('HINCRBY', key, 't', int(coveredTokens - before))
  end
end

for i = 3, #ARGV, 3 do
  local id, cost, tokens = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  if not redis.call('ZSCORE', p .. ':leases', id) then
    if redis.call('EXISTS', p .. ':g:' .. id) == 0 then unknown[#unknown + 1] = id end
  else
    redis.call('ZADD', p .. ':leases', int(now + lease), id)
    if cost > 0 or tokens > 0 then raise(id, read(p .. ':r:' .. id), cost, tokens) end
  end
end
return { 'OK', int(now), unpack(unknown) }
