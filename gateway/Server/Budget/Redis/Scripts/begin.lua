-- Begins to seed counters, by one replica at a time. Nothing named: all of them, and nobody counts until that is done.
local token, patience = ARGV[1], ARGV[2]
if not redis.call('SET', p .. ':lock', token, 'NX', 'PX', patience) then return { 'BUSY', int(now) } end
if #ARGV > 2 then
  for i = 3, #ARGV, 3 do redis.call('DEL', counter(ARGV[i], ARGV[i + 1], ARGV[i + 2])) end
else
  redis.call('DEL', p .. ':state')
  for _, name in ipairs(redis.call('ZRANGE', p .. ':counters', 0, -1)) do redis.call('DEL', name) end
  redis.call('DEL', p .. ':counters', p .. ':spent')
end
return { 'OK', int(now) }
