-- What the given keys have spent.
local spent = {}
for i, key in ipairs(ARGV) do spent[i] = redis.call('HGET', p .. ':spent', key) or '0' end
return { 'OK', int(now), spent }
