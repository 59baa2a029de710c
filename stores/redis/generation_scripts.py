"""Scripts that change the record of a view's generations (stores/redis/generations.py). Each but RUNNING begins by
comparing the record with ARGV[1], as it was read, and does nothing if it has changed.

A floor that does not exist is false in Lua.
"""

# KEYS[1] the record. ARGV: the record as it was read, the record after, then keys to delete.
CHANGE = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
for i = 3, #ARGV do redis.call('DEL', ARGV[i]) end
return 1
"""

# Switches readers from the old generation to the new one. KEYS: see the first line. ARGV: the record as it was read; the record
# after, if the old generation is kept; the record after, if it is removed; tag of the new one; seconds of the grace; seconds
# for which the old one is kept; channel and message of the notice; number of partitions. Then for each partition three keys:
# the floor of the new generation, the floor of the old one, and where the old one stood before it went back for missed events.
#
# In each partition the new generation must show at least what readers have seen of the old one. If the old one has no floor,
# the new one must have come to where the log ended when the partition was opened. Then the old one is not kept: without a floor
# nobody could apply to it what has come since.
SWITCH = """
local record, ready, grace, caught_up, previous = unpack(KEYS)
local as_read, with_previous, without, new_tag, grace_seconds, back_seconds, channel, message = unpack(ARGV, 1, 8)
local partitions, keep = tonumber(ARGV[9]), tonumber(back_seconds) > 0
local function floors_of(p) return ARGV[10 + 3 * p], ARGV[11 + 3 * p], ARGV[12 + 3 * p] end
if (redis.call('GET', record) or '') ~= as_read then return 0 end
for p = 0, partitions - 1 do
    local new, old, old_before = unpack(redis.call('MGET', floors_of(p)))
    if not new then return 0 end
    if old and tonumber(new) < math.max(tonumber(old), tonumber(old_before or 0)) then return 0 end
    if not old and redis.call('SISMEMBER', caught_up, p) == 0 then return 0 end
    keep = keep and old
end
if keep then
    redis.call('SET', record, with_previous)
    redis.call('SET', previous, '1', 'EX', back_seconds)
else
    for p = 0, partitions - 1 do
        local _, old = floors_of(p)
        redis.call('DEL', old)
    end
    redis.call('SET', record, without)
end
redis.call('SET', ready, new_tag)
redis.call('SET', grace, '1', 'EX', grace_seconds)
redis.call('PUBLISH', channel, message)
return 1
"""

# Makes the generation before the last switch the one that is being built. KEYS[1] the record, KEYS[2] the key that stands while
# that generation is kept. ARGV: the record as it was read, the record after; then for each of its partitions three keys: its
# floor, the first event that it has missed, and where it stood before it went back for missed events.
# Its floors go back to the missed events: other code runs now, and may be able to apply them.
BACK = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
for i = 3, #ARGV, 3 do
    local floor, missed, before = unpack(redis.call('MGET', ARGV[i], ARGV[i + 1], ARGV[i + 2]))
    local first = missed and string.match(missed, '^%d+')
    if floor and first and tonumber(first) < tonumber(floor) then
        if not before or tonumber(floor) > tonumber(before) then redis.call('SET', ARGV[i + 2], floor) end
        redis.call('SET', ARGV[i], first)
    end
    redis.call('DEL', ARGV[i + 1])
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[2])
return 1
"""

# Sets a floor, unless it is set. KEYS[1] the record, KEYS[2] the floor. ARGV: the record as it was read, the offset.
FLOOR = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'NX')
return 1
"""

# Enters the forms of a process into the forms that running processes write. KEYS: for each view the sorted set of these forms,
# by when a process named them last, and the record. ARGV: seconds after which a form that nobody has named leaves the set, then
# the form of each view. The clock is the server's, since those of the processes may differ. Returns for each view its record
# and the forms in the set.
RUNNING = """
local now, found = tonumber(redis.call('TIME')[1]), {}
for i = 1, #KEYS / 2 do
    local name = KEYS[2 * i - 1]
    redis.call('ZADD', name, now, ARGV[i + 1])
    redis.call('ZREMRANGEBYSCORE', name, '-inf', now - ARGV[1])
    redis.call('EXPIRE', name, ARGV[1])
    found[i] = {redis.call('GET', KEYS[2 * i]) or '', redis.call('ZRANGE', name, 0, -1)}
end
return found
"""
