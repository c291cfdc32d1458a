-- The ledger has these rows.
redis.call('HDEL', p .. ':rows', unpack(ARGV))
redis.call('ZREM', p .. ':due', unpack(ARGV))
return { 'OK', int(now) }
