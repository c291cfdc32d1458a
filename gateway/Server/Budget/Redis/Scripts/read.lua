-- What the given counters hold, from where the last page of each ended, until enough is read: those that are left are not in the answer.
local left, pages = tonumber(ARGV[1]), {}
for i = 2, #ARGV, 4 do
  if left <= 0 then break end
  local page = redis.call('HSCAN', counter(ARGV[i], ARGV[i + 1], ARGV[i + 2]), ARGV[i + 3], 'COUNT', left)
  left = left - #page[2] / 2 - 1
  pages[#pages + 1] = page
end
return { 'OK', int(now), pages }
