-- Puts seeded counters in force. Live calls of their periods move over; in a new epoch every live call is held anew, and none is admitted
-- for a while, in which other replicas say what their calls hold and have cost.
local token, epoch, run, seed, anew, patience = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1', tonumber(ARGV[6])
local other, FIRST, WIDTH = ARGV[7], 8, 7
if redis.call('GET', p .. ':lock') ~= token then return { 'LOST', int(now) } end
if not anew then
  local refused = stale(epoch)
  if refused then return refused end
end
local changed = {}
for i = FIRST, #ARGV, WIDTH do
  local b = {
    id = ARGV[i], definition = ARGV[i + 1], applied = ARGV[i + 2], start = ARGV[i + 3], expires = tonumber(ARGV[i + 4]),
    perKey = ARGV[i + 5] == '1', unit = ARGV[i + 6],
  }
  changed[b.id] = b
  redis.call('HSET', p .. ':state', 'd:' .. b.id, b.definition, 't:' .. b.id, b.applied, 'g:' .. b.id, seed, 's:' .. b.id, b.start)
end

local function move(lease, h, b)
  if not anew and h.name ~= counter(b.id, b.definition, b.start) then release(h) end
  h.definition, h.start, h.expires, h.unit, h.field = b.definition, b.start, b.expires, b.unit, b.perKey and lease.k or ''
  h.name = counter(b.id, b.definition, b.start)
  h.reserved = pick(b.unit, number(lease.c), number(lease.n))
  h.held = hold(h, pick(b.unit, covered(lease)))
end

for _, id in ipairs(redis.call('ZRANGE', p .. ':leases', 0, -1)) do
  local lease = read(p .. ':r:' .. id)
  if lease then
    local list = holds(lease.h)
    for _, h in ipairs(list) do
      local b = changed[h.id]
      if b and number(lease.at) >= number(b.start) then
        move(lease, h, b)
      elseif anew then
        h.held = hold(h, pick(h.unit, covered(lease)))
      end
    end
    redis.call('HSET', p .. ':r:' .. id, 'h', text(list))
    if anew then join(epoch, lease.k) end
  end
end
if anew then
  redis.call('HSET', p .. ':state', 'epoch', epoch, 'run', run, 'g', seed, 'other', other, 'swept', int(now), 'began', int(now),
    'opens', int(now + patience))
end
redis.call('DEL', p .. ':lock')
return { 'OK', int(now) }
