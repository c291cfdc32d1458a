-- Takes the live calls of a session over into this epoch. All of them: those of its leases that it does not name have ended meanwhile.
local epoch, session, all, lease = ARGV[1], ARGV[2], ARGV[3] == '1', tonumber(ARGV[4])
local refused = stale(epoch)
if refused then return refused end
local WIDTH = 11

if all then
  local named = {}
  for i = 5, #ARGV, WIDTH do named[ARGV[i]] = true end
  for _, id in ipairs(redis.call('ZRANGE', p .. ':leases', 0, -1)) do
    if not named[id] and redis.call('HGET', p .. ':r:' .. id, 'o') == session then
      local was = read(p .. ':r:' .. id)
      for _, h in ipairs(holds(was.h)) do release(h) end
      leave(epoch, was, 0, false)
      forget(id)
    end
  end
end

for i = 5, #ARGV, WIDTH do
  local id = ARGV[i]
  local known = redis.call('EXISTS', p .. ':r:' .. id, p .. ':g:' .. id) > 0
  if not known then
    local was = {
      k = ARGV[i + 1], at = ARGV[i + 2], c = ARGV[i + 3], n = ARGV[i + 4], pc = ARGV[i + 5], pn = ARGV[i + 6], ac = ARGV[i + 7],
      an = ARGV[i + 8], f = ARGV[i + 9],
    }
    local list = holds(ARGV[i + 10])
    local cost, tokens = covered(was)
    for _, h in ipairs(list) do h.held = hold(h, pick(h.unit, cost, tokens)) end
    redis.call('HSET', p .. ':r:' .. id, 'k', was.k, 'o', session, 'at', was.at, 'c', was.c, 'n', was.n, 'pc', was.pc, 'pn', was.pn,
      'ac', was.ac, 'an', was.an, 'f', was.f, 'h', text(list))
    join(epoch, was.k)
  end
  if redis.call('EXISTS', p .. ':r:' .. id) == 1 then redis.call('ZADD', p .. ':leases', int(now + lease), id) end
end
return { 'OK', int(now) }
