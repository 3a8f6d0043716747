"""The script that the store runs for each counted request: limits, quotas and usage in one round trip."""

from __future__ import annotations

import hashlib

LIMIT_SCRIPT = """
local only_look, limits = ARGV[1] == '1', tonumber(ARGV[2])
local usage = 3 + limits * 3
local pairs_sent = tonumber(ARGV[usage + 2] or 0)
local quotas, is_refused = {}, false
for at = limits + 2, #KEYS do
  local used = tonumber(redis.call('GET', KEYS[at]))
  if not used then return {} end
  local left = tonumber(ARGV[usage + 2 + at - limits]) - used
  if pairs_sent > left then
    quotas[#quotas + 1], is_refused = {0, 0, math.max(0, left)}, true
  else
    quotas[#quotas + 1] = {1, 0, left - pairs_sent}
  end
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local decisions = {}
for at = 1, limits do
  local interval, burst = tonumber(ARGV[at * 3]), tonumber(ARGV[at * 3 + 1])
  local cost = tonumber(ARGV[at * 3 + 2])
  local arrival = math.max(tonumber(redis.call('GET', KEYS[at]) or 0), now)
  local next_arrival = arrival + cost * interval
  local wait = next_arrival - burst * interval - now
  if wait > 0 then
    decisions[at], is_refused = {0, math.ceil(wait), 0}, true
  else
    decisions[at] = {1, 0, math.floor(-wait / interval)}
    if not only_look then
      local lifetime = math.ceil((next_arrival - now) / 1000) + 1
      redis.call('SET', KEYS[at], string.format('%.0f', next_arrival), 'PX', lifetime)
    end
  end
end
if #KEYS > limits and not only_look then
  local hash, field = KEYS[limits + 1], ARGV[usage]
  if redis.call('HSETNX', hash, 'counter', ARGV[usage + 3]) == 1 then
    redis.call('EXPIRE', hash, 345600)
  end
  redis.call('HINCRBY', hash, field .. ':requests', ARGV[usage + 1])
  if is_refused then
    redis.call('HINCRBY', hash, field .. ':refused', 1)
  elseif pairs_sent > 0 then
    redis.call('HINCRBY', hash, field .. ':pairs', pairs_sent)
    for at = limits + 2, #KEYS do redis.call('INCRBY', KEYS[at], pairs_sent) end
  end
end
return {decisions, quotas}
"""
"""The generic cell rate algorithm for each limit, which stores one number and has no window boundaries.

KEYS: of the limits, then of the day's usage (or none), then of the quotas. ARGV: whether only to look, the
number of limits, interval, burst and cost of each; then field, requests and pairs of the usage, an id for a
store that has lost its memory, and each quota's pairs a month. Returns the decisions on limits and on quotas
as {allowed, wait, remaining}; nothing, having done nothing, while the use of a quota is not known.
"""

LIMIT_SCRIPT_SHA1 = hashlib.sha1(LIMIT_SCRIPT.encode(), usedforsecurity=False).hexdigest()
"""The name under which Redis caches the script."""
