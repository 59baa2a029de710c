"""The scripts of a domain's store but for the write (stores/redis_authority/writing.py). Redis runs each of them alone.

KEYS[1] is the beginning of the names of the keys, ARGV[1] is msgpack. Redis' msgpack knows no bytes, so what is no text comes
in further arguments. What the scripts do grows with what they are asked for, and with nothing else.
"""

from stores.redis_authority.connections import Script

BEGIN = r"""
local P = KEYS[1]
local PIECE = 1000 -- values that unpack() puts on Lua's stack at once

local function many(name, fields)
    local found = {}
    for first = 1, #fields, PIECE do
        local some = redis.call('HMGET', P .. name, unpack(fields, first, math.min(first + PIECE - 1, #fields)))
        if first == 1 then
            found = some
        else
            for i = 1, #some do found[first + i - 1] = some[i] end
        end
    end
    return found
end

local function now()
    local time = redis.call('TIME')
    return time[1] * 1000000 + time[2]
end
"""

# The times of this store have 16 digits, which tostring() would round.
WHOLE = r"""
local function whole(number) return string.format('%.0f', number) end
"""

# ARGV: source, earliest. Returns '' where the store is not whole.
OPEN = Script(
    BEGIN
    + r"""
if redis.call('EXISTS', P .. 'store') == 0 then return '' end
local floor = redis.call('HGET', P .. 'floor', ARGV[1])
if floor then
    local next, incarnation, epoch = string.match(floor, '^(%d+) (%d+) (%d+)$')
    floor = string.format('%s %s %d', next, incarnation, epoch + 1)
else
    floor = ARGV[2] .. ' 0 0'
end
redis.call('HSET', P .. 'floor', ARGV[1], floor)
return floor
"""
)

# ARGV: source, epoch, code. Returns where the floor is now ('' where it has not moved), and whether something is missed.
AGAIN = Script(
    BEGIN
    + r"""
local missed, floor = redis.call('HGET', P .. 'missed', ARGV[1]), redis.call('HGET', P .. 'floor', ARGV[1])
if not missed or not floor then return {'', 0} end
local first, code = string.match(missed, '^(%d+) (.*)$')
local next, incarnation, epoch = string.match(floor, '^(%d+) (%d+) (%d+)$')
if code == ARGV[3] then return {'', 1} end
if epoch ~= ARGV[2] then return {'', 0} end
if tonumber(first) < tonumber(next) then next = first end
redis.call('HSET', P .. 'floor', ARGV[1], next .. ' ' .. incarnation .. ' ' .. epoch)
redis.call('HDEL', P .. 'missed', ARGV[1])
return {next, 0}
"""
)

# ARGV: sources, ids, keys, facts by table, claims, reader, keys of parked messages, ids of parked messages, keys of events set
# aside, bytes of states, parked messages, bytes of parked messages. Returns, in the same order: floors, outcomes, states
# ('' for one that is left out), facts by table, owners, how many are parked of each key, timers of each key, parked messages
# (key, seq, message), how many of the keys were read to their end, names of parked messages, first events that are set aside.
LOOK = Script(
    BEGIN
    + r"""
local sources, ids, keys, tables, claims, reader, parked, named, aside, heaviest, most, parked_heaviest =
    unpack(cmsgpack.unpack(ARGV[1]))

local function states()
    local found, brought = {}, 0
    for first = 1, #keys, 32 do
        if brought >= heaviest then
            for i = first, math.min(first + 31, #keys) do
                found[i] = redis.call('HEXISTS', P .. 'state', keys[i]) == 1 and ''
            end
        else
            local some = redis.call('HMGET', P .. 'state', unpack(keys, first, math.min(first + 31, #keys)))
            for i, state in ipairs(some) do
                found[first + i - 1] = state and (brought < heaviest and state or '')
                brought = brought + (state and #state or 0)
            end
        end
    end
    return found
end

local function of_keys(names)
    local fields = {}
    for i, key in ipairs(keys) do fields[i] = names .. key end
    return fields
end

local function waiting()
    local rows, weight = {}, 0
    for n, key in ipairs(parked) do
        local name, first = P .. 'parked:of:' .. reader .. '\0' .. key, 0
        local seqs = redis.call('ZRANGE', name, 0, 31)
        while #seqs > 0 do
            for _, seq in ipairs(seqs) do
                weight = weight + redis.call('HSTRLEN', P .. 'parked', seq)
                if #rows > 0 and (#rows == most or weight > parked_heaviest) then return rows, n - 1 end
                rows[#rows + 1] = {key, seq, redis.call('HGET', P .. 'parked', seq)}
            end
            first = first + #seqs
            seqs = redis.call('ZRANGE', name, first, first + 31)
        end
    end
    return rows, #parked
end

local function names()
    local found, wanted = {}, {}
    local group, topic = string.match(reader, '^(%S+) (%S+)$')
    for _, key in ipairs(parked) do wanted[key] = true end
    for _, id in ipairs(named) do
        local from = topic .. '\0' .. id .. '\0'
        local until_ = topic .. '\0' .. id .. '\1'
        for _, member in ipairs(redis.call('ZRANGEBYLEX', P .. 'parked:as', '[' .. from, '(' .. until_)) do
            local whose, key, seq = string.match(string.sub(member, #from + 1), '^(%Z*)%z(%Z*)%z(%d+)$')
            if whose == group and wanted[key] then found[#found + 1] = {key, seq, id} end
        end
    end
    return found
end

local facts, firsts = {}, {}
for i, asked in ipairs(tables) do facts[i] = many('fact:' .. asked[1], asked[2]) end
for i, key in ipairs(aside) do
    local member = redis.call('ZRANGE', P .. 'aside:of:' .. sources[1] .. '\0' .. key, 0, 0)[1]
    firsts[i] = member and string.match(member, '%z(%Z*)$') or false
end
local rows, read = waiting()
return {
    many('floor', sources), many('inbox', ids), states(), facts, many('claim', claims),
    many('parked:keys', of_keys(reader .. '\0')), many('timer', keys), rows, read, names(), firsts
}
"""
)

# ARGV: sources with their epochs, how many of each. Returns the time in µs, the timers (source, aggregate and name, due time,
# row), and the next due time of each source ('' for none; for one with more timers that are due, the time).
DUE = Script(
    BEGIN
    + WHOLE
    + r"""
local sources, limit = unpack(cmsgpack.unpack(ARGV[1]))
local time, found, later = now(), {}, {}
for _, asked in ipairs(sources) do
    local source, epoch = unpack(asked)
    local name = P .. 'timer:due:' .. source
    if string.match(redis.call('HGET', P .. 'floor', source) or '', '%d+$') == epoch then
        local due = redis.call('ZRANGEBYSCORE', name, '-inf', whole(time), 'WITHSCORES', 'LIMIT', 0, limit)
        for i = 1, #due, 2 do
            found[#found + 1] = {source, due[i], whole(due[i + 1]), redis.call('HGET', P .. 'timer:row', due[i])}
        end
        local next = redis.call('ZRANGEBYSCORE', name, '(' .. whole(time), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
        if #due == 2 * limit then
            later[#later + 1] = whole(time)
        elseif #next > 0 then
            later[#later + 1] = whole(next[2])
        end
    end
end
return {whole(time), found, later}
"""
)

# ARGV: for each timer its aggregate, its name, and its id.
TIMERS_SENT = Script(
    BEGIN
    + r"""
for _, sent in ipairs(cmsgpack.unpack(ARGV[1])) do
    local key, name, id = unpack(sent)
    local timers = redis.call('HGET', P .. 'timer', key)
    local timer = timers and cmsgpack.unpack(timers)[name]
    if timer and timer[1] == id then
        redis.call('ZREM', P .. 'timer:due:' .. timer[3], key .. '\0' .. name)
    end
end
"""
)

# ARGV: source, rows. What a source has no more of is no source of the outbox any more.
FORGET = Script(
    BEGIN
    + r"""
local source, rows = unpack(cmsgpack.unpack(ARGV[1]))
for first = 1, #rows, PIECE do
    redis.call('HDEL', P .. 'outbox:' .. source, unpack(rows, first, math.min(first + PIECE - 1, #rows)))
end
if redis.call('EXISTS', P .. 'outbox:' .. source) == 0 then redis.call('SREM', P .. 'outbox', source) end
"""
)

# ARGV: source, epoch, group, ids. Returns false, or for each id: '' for one that has ended, '0' for a first try, '1' for one
# that may be a repetition.
BEGIN_EFFECTS = Script(
    BEGIN
    + r"""
local source, epoch, group, ids = unpack(cmsgpack.unpack(ARGV[1]))
if string.match(redis.call('HGET', P .. 'floor', source) or '', '%d+$') ~= epoch then return false end
local names = {}
for i, id in ipairs(ids) do names[i] = group .. '\0' .. id end
local found, told = many('effect', names), {}
for i, was in ipairs(found) do
    told[i] = was == '1' and '' or was == '0' and '1' or '0'
    if not was then redis.call('HSET', P .. 'effect', names[i], '0') end
end
return told
"""
)

# ARGV: source, group, ids, ids of rows; then the rows. Rows that are there stay as they are.
END_EFFECTS = Script(
    BEGIN
    + r"""
local source, group, ids, rows = unpack(cmsgpack.unpack(ARGV[1]))
local outbox, time = P .. 'outbox:' .. source, math.floor(now() / 1000)
for i, id in ipairs(rows) do redis.call('HSETNX', outbox, id, ARGV[i + 1]) end
if #rows > 0 then redis.call('SADD', P .. 'outbox', source) end
for _, id in ipairs(ids) do
    local name = group .. '\0' .. id
    if redis.call('HEXISTS', P .. 'effect', name) == 1 then
        redis.call('HSET', P .. 'effect', name, '1')
        redis.call('ZADD', P .. 'effect:at', time, name)
    end
end
"""
)

# ARGV: source, how many. Returns for each event: what may change of it, and the rest.
NEXT_ASIDE = Script(
    BEGIN
    + r"""
local source, group, limit = ARGV[1], string.match(ARGV[1], '^%S+'), tonumber(ARGV[2])
local found = {}
for i, id in ipairs(redis.call('ZRANGE', P .. 'aside:due:' .. source, 0, limit - 1)) do
    local name = group .. '\0' .. id
    found[i] = {id, redis.call('HGET', P .. 'aside', name), redis.call('HGET', P .. 'aside:row', name)}
end
return found
"""
)

# ARGV: sources. Returns for each: how many are set aside, and since when ('' for none).
WAITING = Script(
    BEGIN
    + WHOLE
    + r"""
local found = {}
for i, source in ipairs(ARGV) do
    local name = P .. 'aside:since:' .. source
    local first = redis.call('ZRANGE', name, 0, 0, 'WITHSCORES')
    found[i] = {redis.call('ZCARD', name), first[2] and whole(first[2]) or ''}
end
return found
"""
)

# ARGV: age in ms, how many of each. Returns how many of each are deleted. It deletes only: a full server takes it.
SWEEP = Script(
    BEGIN
    + WHOLE
    + r"""
local before, limit = '(' .. whole(math.floor(now() / 1000) - ARGV[1]), ARGV[2]
local function swept(times, ...)
    local old = redis.call('ZRANGEBYSCORE', P .. times, '-inf', before, 'LIMIT', 0, limit)
    for first = 1, #old, PIECE do
        local last = math.min(first + PIECE - 1, #old)
        redis.call('ZREM', P .. times, unpack(old, first, last))
        for _, name in ipairs({...}) do redis.call('HDEL', P .. name, unpack(old, first, last)) end
    end
    return #old
end
return {swept('inbox:at', 'inbox', 'inbox:facts'), swept('effect:at', 'effect')}
"""
)
