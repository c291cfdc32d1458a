-- What keys have spent: a page, from where the last one ended.
local page = redis.call('HSCAN', p .. ':spent', ARGV[1], 'COUNT', ARGV[2])
return { 'OK', int(now), page[1], page[2] }
