-- Where the counters stand: whether somebody seeds some, and all of the state.
return { 'OK', int(now), redis.call('EXISTS', p .. ':lock'), redis.call('HGETALL', p .. ':state') }
