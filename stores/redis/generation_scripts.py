"""Scripts that change the record of a view's generations (stores/redis/generations.py), each if it is still as it was read."""

# KEYS[1] the record. ARGV: the record as it was read, the record after, then keys to delete.
CHANGE = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
for i = 3, #ARGV do redis.call('DEL', ARGV[i]) end
return 1
"""

# KEYS[1] the record, KEYS[2] the ready key, KEYS[3] the key that stands for the grace, KEYS[4] the set of partitions that have
# caught up, KEYS[5] the key that stands while the generation before is kept. ARGV: the record as it was read, the record after
# if the generation before is kept, the record after if not, the new tag, seconds of the grace, seconds that the generation
# before is kept, channel and notice, number of partitions, then for each partition the floor of the new generation, that of the
# one before, and where this stood before it went back for missed events.
# A reader that has seen the one before must see at least as much in the new one. Where the one before has no floor, the new one
# has to be where the log ended when it was opened; and there is no way back, since nobody could bring the one before up.
SWITCH = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
local partitions, kept = tonumber(ARGV[9]), tonumber(ARGV[6]) > 0
for p = 0, partitions - 1 do
    local new, old, shown = unpack(redis.call('MGET', ARGV[10 + 3 * p], ARGV[11 + 3 * p], ARGV[12 + 3 * p]))
    if not new then return 0 end
    if old and tonumber(new) < math.max(tonumber(old), tonumber(shown or 0)) then return 0 end
    if not old and redis.call('SISMEMBER', KEYS[4], p) == 0 then return 0 end
    kept = kept and old
end
if kept then
    redis.call('SET', KEYS[1], ARGV[2])
    redis.call('SET', KEYS[5], '1', 'EX', ARGV[6])
else
    for p = 0, partitions - 1 do redis.call('DEL', ARGV[11 + 3 * p]) end
    redis.call('SET', KEYS[1], ARGV[3])
end
redis.call('SET', KEYS[2], ARGV[4])
redis.call('SET', KEYS[3], '1', 'EX', ARGV[5])
redis.call('PUBLISH', ARGV[7], ARGV[8])
return 1
"""

# KEYS[1] the record, KEYS[2] the key that stands while a generation is kept. ARGV: the record as it was read, the record after,
# then for each partition of the kept generation its floor, what it has missed, and where it stood when it went back for that.
# The code that goes on with it may be able to show what was missed, so its floor goes back there.
BACK = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
for i = 3, #ARGV, 3 do
    local floor, missed, shown = unpack(redis.call('MGET', ARGV[i], ARGV[i + 1], ARGV[i + 2]))
    local first = missed and string.match(missed, '^%d+')
    if floor and first and tonumber(first) < tonumber(floor) then
        if not shown or tonumber(floor) > tonumber(shown) then redis.call('SET', ARGV[i + 2], floor) end
        redis.call('SET', ARGV[i], first)
    end
    redis.call('DEL', ARGV[i + 1])
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[2])
return 1
"""

# KEYS[1] the record, KEYS[2] the floor. ARGV: the record as it was read, the offset.
FLOOR = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'NX')
return 1
"""

# KEYS: for each view who runs, and its record. ARGV: seconds, then the form of each view.
# The server's clock counts: those of the processes may differ.
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
