-- Writes what counters begin with; they are in use only once it is finished.
if redis.call('GET', p .. ':lock') ~= ARGV[1] then return { 'LOST', int(now) } end
for i = 2, #ARGV, 7 do
  local id, definition, start, expires, key = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]), ARGV[i + 4]
  if id == '' then
    redis.call('HSET', p .. ':spent', key, ARGV[i + 5])
  else
    local name = counter(id, definition, start)
    if open(name, expires) then redis.call('HSET', name, key .. '#s', ARGV[i + 5], key .. '#o', ARGV[i + 6]) end
  end
end
return { 'OK', int(now) }
