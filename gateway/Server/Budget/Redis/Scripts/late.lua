-- Rows that reached the ledger after counters were seeded from it, and that those counters have not counted. Each counts once.
local refused = stale(ARGV[1])
if refused then return refused end
if redis.call('EXISTS', p .. ':lock') == 1 then return { 'WAIT', int(now) } end
local i = 2
while i <= #ARGV do
  local name, written, key, cost, count = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2], tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
  i = i + 5
  -- Counters had forgotten that it was given up before: from here on the ledger makes the correction.
  local givenUp = string.match(name, '^(.*)/A$')
  if givenUp and redis.call('EXISTS', p .. ':g:' .. givenUp) == 1 then redis.call('HSET', p .. ':g:' .. givenUp, 'l', '1') end
  local isNew = redis.call('ZADD', p .. ':late', 'NX', int(now), name) == 1
  if isNew and cost ~= 0 and written >= number(redis.call('HGET', p .. ':state', 'g')) then add(p .. ':spent', key, cost) end
  for _ = 1, count do
    local id, definition, start = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    local state = redis.call('HMGET', p .. ':state', 'd:' .. id, 'g:' .. id, 's:' .. id)
    if isNew and state[1] == definition and written >= number(state[2]) and number(start) >= number(state[3]) then
      local h = { name = counter(id, definition, start), expires = tonumber(ARGV[i + 3]), field = ARGV[i + 4] }
      charge(h, tonumber(ARGV[i + 5]), tonumber(ARGV[i + 6]))
    end
    i = i + 7
  end
end
return { 'OK', int(now) }
