-- What the given counters hold, and what the given keys have spent.
local counters, count = {}, tonumber(ARGV[1])
for i = 2, 1 + 3 * count, 3 do counters[#counters + 1] = redis.call('HGETALL', counter(ARGV[i], ARGV[i + 1], ARGV[i + 2])) end
local spent = {}
for i = 2 + 3 * count, #ARGV do spent[#spent + 1] = redis.call('HGET', p .. ':spent', ARGV[i]) or '0' end
return { 'OK', int(now), counters, spent }
