-- Ends the leases of sessions whose processes are gone: whoever sweeps next gives their calls up.
local refused = stale(ARGV[1])
if refused then return refused end
local gone = {}
for i = 2, #ARGV do gone[ARGV[i]] = true end
for _, id in ipairs(redis.call('ZRANGE', p .. ':leases', 0, -1)) do
  if gone[redis.call('HGET', p .. ':r:' .. id, 'o')] then redis.call('ZADD', p .. ':leases', '0', id) end
end
return { 'OK', int(now) }
