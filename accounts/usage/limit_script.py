"""The script that the store runs for each counted request: limits, quotas and usage in one round trip."""

from __future__ import annotations

import hashlib

LIMIT_SCRIPT = """
local only_look, limits, usage = unpack(cjson.decode(ARGV[1]))
local field, requests, pairs_sent, counter, quotas = unpack(usage)
local answer, is_refused = {}, false
for at, quota in ipairs(quotas or {}) do
  local used = tonumber(redis.call('GET', KEYS[#limits + 1 + at]))
  if not used then return '[]' end
  local left = quota - used
  if pairs_sent > left then
    answer[#limits + at], is_refused = {0, 0, math.max(0, left)}, true
  else
    answer[#limits + at] = {1, 0, left - pairs_sent}
  end
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for at, limit in ipairs(limits) do
  local interval, burst, cost = unpack(limit)
  local arrival = math.max(tonumber(redis.call('GET', KEYS[at]) or 0), now)
  local next_arrival = arrival + cost * interval
  local wait = next_arrival - burst * interval - now
  if wait > 0 then
    answer[at], is_refused = {0, math.ceil(wait), 0}, true
  else
    answer[at] = {1, 0, math.floor(-wait / interval)}
    if not only_look then
      local lifetime = math.ceil((next_arrival - now) / 1000) + 1
      redis.call('SET', KEYS[at], string.format('%.0f', next_arrival), 'PX', lifetime)
    end
  end
end
if field and not only_look then
  local hash = KEYS[#limits + 1]
  if redis.call('HSETNX', hash, 'counter', counter) == 1 then
    redis.call('EXPIRE', hash, 345600)
  end
  redis.call('HINCRBY', hash, field .. ':requests', requests)
  if is_refused then
    redis.call('HINCRBY', hash, field .. ':refused', 1)
  elseif pairs_sent > 0 then
    redis.call('HINCRBY', hash, field .. ':pairs', pairs_sent)
    for at = #limits + 2, #KEYS do redis.call('INCRBY', KEYS[at], pairs_sent) end
  end
end
return cjson.encode(answer)
"""
"""The generic cell rate algorithm for each limit, which stores one number and has no window boundaries.

KEYS: of the limits, then of the day's usage (or none), then of the quotas. The one argument is JSON, because
a client spends more on each argument and each element of an answer than on all the rest of a call: whether
only to look; interval, burst and cost of each limit; and of the usage, empty without one, field, requests,
pairs, an id for a store that has lost its memory, and each quota's pairs a month. Returns as JSON the
decisions on limits and then on quotas as [allowed, wait, remaining]; an empty list, having done nothing,
while the use of a quota is not known.
"""

LIMIT_SCRIPT_SHA1 = hashlib.sha1(LIMIT_SCRIPT.encode(), usedforsecurity=False).hexdigest()
"""The name under which Redis caches the script."""
