-- Lets somebody else seed.
if redis.call('GET', p .. ':lock') == ARGV[1] then redis.call('DEL', p .. ':lock') end
return { 'OK', int(now) }
