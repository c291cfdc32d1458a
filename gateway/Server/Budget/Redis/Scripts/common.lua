-- Stands before each script. All keys of a gateway begin with KEYS[1], whose hash tag keeps them in one slot.
--   state           epoch, run (of the server), began and opens (between them no call is admitted), and for each budget d: definition,
--                   t: when it was applied, g: number of its seed, s: since
--                   other: until when that which another tier counts is in the counters
--   c:ID|DEF|START  one budget's counters of one period: for each key (empty: all) #s settled, #l live, #o overshoot
--   counters        names of those by when they may be forgotten
--   k:EPOCH:KEY     what a key used: m minute, q requests, t tokens of it, p parallel calls
--   r:ID, leases    a live call; by when its lease ends, 0 where its process is gone
--   g:ID            a call that was given up, with what it was charged; l: the ledger has charged it something else, before a loss
--   rows, due       rows that the ledger has not confirmed; by when anyone may take them
--   late            names of rows that came to the ledger late and were counted here
--   w:SESSION       the last batch of settlements of a process: n number, e epoch, a answer
--   lock            of who seeds counters
--   spent           by key, ever
-- Times are microseconds, amounts integers of at most 9e15: exact as the doubles of Lua, and written by int() only.
local p = KEYS[1]
local CAP = 9e15
local FORGET_GONE_MS = 7 * 86400000
local KEY_MS = 86400000
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local function int(x)
  if x == 0 then return '0' end
  return string.format('%.0f', x)
end

local function number(x) return tonumber(x) or 0 end

local function clamp(x, low, high) return math.max(low, math.min(x, high)) end

local function pick(unit, cost, tokens)
  if unit == 't' then return tokens end
  return cost
end

local function stale(epoch)
  local current = redis.call('HGET', p .. ':state', 'epoch')
  if current == epoch then return nil end
  return { 'EPOCH', int(now), current or '' }
end

local function counter(id, definition, start) return p .. ':c:' .. id .. '|' .. definition .. '|' .. start end

-- False: its period was over so long ago that it is forgotten.
local function open(name, expires)
  if redis.call('EXISTS', name) == 1 then return true end
  if expires ~= 0 and expires <= now then return false end
  redis.call('HSET', name, '#', '1')
  redis.call('ZADD', p .. ':counters', expires == 0 and '+inf' or int(expires), name)
  if expires ~= 0 then redis.call('PEXPIREAT', name, int(math.floor(expires / 1000))) end
  return true
end

local function hold(h, amount)
  if not open(h.name, h.expires) then return 0 end
  local held = clamp(amount, 0, CAP - number(redis.call('HGET', h.name, h.field .. '#l')))
  if held > 0 then redis.call('HINCRBY', h.name, h.field .. '#l', int(held)) end
  return held
end

local function release(h)
  local live = number(redis.call('HGET', h.name, h.field .. '#l'))
  local held = math.min(h.held, live)
  if held > 0 then redis.call('HINCRBY', h.name, h.field .. '#l', int(-held)) end
end

local function add(name, field, amount)
  local before = number(redis.call('HGET', name, field))
  local difference = clamp(amount, -before, CAP - before)
  if difference ~= 0 then redis.call('HINCRBY', name, field, int(difference)) end
end

local function charge(h, amount, overshoot)
  if not open(h.name, h.expires) then return end
  add(h.name, h.field .. '#s', amount)
  if overshoot ~= 0 then add(h.name, h.field .. '#o', overshoot) end
end

-- One line for each budget: id, definition, start, expires, field, unit, reserved, held; in a given-up call "held" is what was charged.
local HOLD = '([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\n]*)\n'

local function holds(text)
  local list = {}
  for id, definition, start, expires, field, unit, reserved, held in string.gmatch(text, HOLD) do
    list[#list + 1] = {
      id = id, definition = definition, start = start, expires = number(expires), field = field, unit = unit,
      reserved = number(reserved), held = number(held), name = counter(id, definition, start),
    }
  end
  return list
end

local function line(h)
  return table.concat({ h.id, h.definition, h.start, int(h.expires), h.field, h.unit, int(h.reserved), int(h.held) }, '\t') .. '\n'
end

local function text(list)
  local lines = {}
  for i, h in ipairs(list) do lines[i] = line(h) end
  return table.concat(lines)
end

local function read(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then return nil end
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

-- A lease: k key, o owner, at started, c and n cost and tokens reserved, pc and pn of the prompt, ac and an accrued, f facts, h holds.
local function covered(lease)
  return math.max(number(lease.c), number(lease.ac)), math.max(number(lease.n), number(lease.an))
end

local function forget(id)
  redis.call('DEL', p .. ':r:' .. id)
  redis.call('ZREM', p .. ':leases', id)
end

-- A call of the key ends, and used so many tokens more or less than stands for it in its minute.
local function leave(epoch, lease, difference, withdrawn)
  local key = p .. ':k:' .. epoch .. ':' .. lease.k
  local was = redis.call('HMGET', key, 'm', 'q', 't', 'p')
  if not was[4] then return end
  local requests, tokens = number(was[2]), number(was[3])
  if number(was[1]) == math.floor(number(lease.at) / 60000000) then
    tokens = math.max(tokens + difference, 0)
    if withdrawn then requests = math.max(requests - 1, 0) end
  end
  redis.call('HSET', key, 'q', int(requests), 't', int(tokens), 'p', int(math.max(number(was[4]) - 1, 0)))
end

local function join(epoch, keyId)
  local key = p .. ':k:' .. epoch .. ':' .. keyId
  redis.call('HINCRBY', key, 'p', 1)
  redis.call('PEXPIRE', key, KEY_MS)
end

-- What a row says beside what its gateway knows: epoch, kind, started, ended, cost, tokens; then its charges.
local function head(epoch, kind, started, cost, tokens, charges)
  return table.concat({ epoch, kind, started, int(now), int(cost), int(tokens) }, '\t') .. '\n' .. table.concat(charges)
end

local function charged(h, amount, overshoot)
  return table.concat({ h.id, h.definition, h.start, h.unit, int(amount), int(overshoot) }, '\t') .. '\n'
end

local function keep(id, kind, row, facts, due)
  local name = id .. '/' .. kind
  redis.call('HSET', p .. ':rows', name, row .. '\n' .. facts)
  redis.call('ZADD', p .. ':due', int(due), name)
end
