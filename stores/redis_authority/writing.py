"""The guarded write as one script. It checks everything first, and notes the commands that change something. They run when no
guard has failed: so a write that is refused has changed nothing."""

from stores.redis_authority.connections import Script
from stores.redis_authority.scripts import BEGIN, WHOLE

# ARGV: the parts of stores.redis_authority.encoding.write, then the values that no script reads: the parts name their places.
# Returns an empty list when it is written, else the guard that failed, and for `sources` the places of those whose floors are
# not as in the moment.
_GUARDS = r"""
local sources, inbox, states, claims, owners, releases, timers, unpark, park, behind, set_aside, take_back, facts, missed, sent,
    outbox, raised = unpack(cmsgpack.unpack(ARGV[1]))
local todo = {} -- commands, in the order in which they run

local function note(...) todo[#todo + 1] = {...} end

-- values: one after the other, as they follow the name of the key
local function note_all(command, name, values)
    for first = 1, #values, PIECE do
        note(command, P .. name, unpack(values, first, math.min(first + PIECE - 1, #values)))
    end
end

local function every_second(values, from)
    local found = {}
    for i = from, #values, 2 do found[#found + 1] = values[i] end
    return found
end

local function all_free(name, fields)
    for _, value in ipairs(many(name, fields)) do
        if value then return false end
    end
    return true
end

-- A server that is full refuses a script's first command that may need memory, and runs all that follow one. So it is the
-- floors that come first, and not a deletion.
local function guard_sources()
    local names, floors, moved = {}, {}, {'sources'}
    for i, source in ipairs(sources) do names[i] = source[1] end
    for i, floor in ipairs(many('floor', names)) do
        if floor ~= sources[i][2] then moved[#moved + 1] = i end
        floors[2 * i - 1], floors[2 * i] = names[i], sources[i][3]
    end
    note_all('HSET', 'floor', floors)
    return #moved > 1 and moved
end

local function guard_inbox()
    local entered, read = unpack(inbox)
    local ids = every_second(entered, 1)
    if not all_free('inbox', ids) then return true end
    note_all('HSET', 'inbox', entered)
    note_all('HSET', 'inbox:facts', read)
    local times, time = {}, whole(math.floor(now() / 1000))
    for i, id in ipairs(ids) do times[2 * i - 1], times[2 * i] = time, id end
    note_all('ZADD', 'inbox:at', times)
end

local function guard_states()
    local olds, written = unpack(states)
    for i, state in ipairs(many('state', every_second(written, 1))) do
        if (state and string.match(state, '^%d+') or '0') ~= olds[i] then return true end
    end
    note_all('HSET', 'state', written)
end

local function guard_claims()
    if not all_free('claim', every_second(claims, 1)) then return true end
    for i, owner in ipairs(many('claim', every_second(owners, 1))) do
        if owner ~= owners[2 * i] then return true end
    end
    note_all('HSET', 'claim', claims)
    local free = {}
    for i, owner in ipairs(many('claim', every_second(releases, 1))) do
        if owner == releases[2 * i] then free[#free + 1] = releases[2 * i - 1] end
    end
    note_all('HDEL', 'claim', free)
end

local function guard_timers()
    local of, keys = {}, {}
    for _, timer in ipairs(timers) do
        if not of[timer[1]] then
            of[timer[1]], keys[#keys + 1] = {}, timer[1]
        end
    end
    for i, stored in ipairs(many('timer', keys)) do of[keys[i]] = stored and cmsgpack.unpack(stored) or {} end
    for _, timer in ipairs(timers) do
        local key, name, was, id, due, source, row = unpack(timer)
        local before, member = of[key][name], key .. '\0' .. name
        if (before and before[1] or false) ~= was then return true end
        if before then note('ZREM', P .. 'timer:due:' .. before[3], member) end
        if id then
            of[key][name] = {id, due, source}
            note('HSET', P .. 'timer:row', member, ARGV[row])
            note('ZADD', P .. 'timer:due:' .. source, due, member)
        else
            of[key][name] = nil
            note('HDEL', P .. 'timer:row', member)
        end
    end
    for _, key in ipairs(keys) do
        if next(of[key]) then
            note('HSET', P .. 'timer', key, cmsgpack.pack(of[key]))
        else
            note('HDEL', P .. 'timer', key)
        end
    end
end

local function guard_parked()
    local change = {} -- by reader and key: how many more are parked
    local function one_more(name, seq, by)
        local topic, group, key = string.match(name, '^(%Z*)%z%Z*%z(%Z*)%z(%Z*)$')
        local place = group .. ' ' .. topic .. '\0' .. key
        change[place] = (change[place] or 0) + by
        local order = P .. 'parked:of:' .. place
        if by > 0 then
            note('ZADD', P .. 'parked:as', 0, name .. '\0' .. seq)
            note('ZADD', order, seq, seq)
        else
            note('ZREM', P .. 'parked:as', name .. '\0' .. seq)
            note('ZREM', order, seq)
        end
    end
    for i, name in ipairs(many('parked:name', unpark)) do
        if not name then return true end
        one_more(name, unpark[i], -1)
    end
    note_all('HDEL', 'parked', unpark)
    note_all('HDEL', 'parked:name', unpark)
    local last = #park > 0 and tonumber(redis.call('GET', P .. 'parked:seq') or 0)
    for i, message in ipairs(park) do
        local seq = whole(last + i)
        note('HSET', P .. 'parked', seq, ARGV[message[2]])
        note('HSET', P .. 'parked:name', seq, message[1])
        one_more(message[1], seq, 1)
    end
    if last then note('SET', P .. 'parked:seq', whole(last + #park)) end
    for place, by in pairs(change) do
        local count = tonumber(redis.call('HGET', P .. 'parked:keys', place) or 0) + by
        if count > 0 then
            note('HSET', P .. 'parked:keys', place, count)
        else
            note('HDEL', P .. 'parked:keys', place)
        end
    end
end
"""

_ASIDE = r"""
-- An event that is set aside: source, key, place, since, tries, due, reason, until. No due and no until: false.
local function guard_aside()
    local events, changed, gone = {}, {}, {}
    local function read(names)
        for i, stored in ipairs(many('aside', names)) do
            if not stored then return false end
            events[names[i]] = events[names[i]] or cmsgpack.unpack(stored)
        end
        return true
    end
    if not (read(behind) and read(take_back)) then return true end
    local function id_of(name) return string.match(name, '%z(%Z*)$') end
    local function make_due(name, event)
        if event[6] then
            note('ZADD', P .. 'aside:due:' .. event[1], event[6], id_of(name))
        else
            note('ZREM', P .. 'aside:due:' .. event[1], id_of(name))
        end
        events[name], changed[name] = event, true
    end
    for _, row in ipairs(set_aside) do
        local name, event, rest = unpack(row)
        local stored = redis.call('HGET', P .. 'aside', name)
        local before = events[name] or (stored and cmsgpack.unpack(stored))
        if not before then
            note('HSET', P .. 'aside:row', name, ARGV[rest])
            note('ZADD', P .. 'aside:of:' .. event[1] .. '\0' .. event[2], 0, event[3] .. '\0' .. id_of(name))
            note('ZADD', P .. 'aside:since:' .. event[1], event[4], id_of(name))
            make_due(name, event)
        elseif before[5] < event[5] then
            before[5], before[6], before[7], before[8] = event[5], event[6], event[7], event[8]
            make_due(name, before)
        end
        if redis.call('HGET', P .. 'effect', name) == '0' then note('HDEL', P .. 'effect', name) end
    end
    for _, name in ipairs(take_back) do gone[name] = true end
    for _, name in ipairs(take_back) do
        local source, key, place = unpack(events[name])
        local id, order = id_of(name), P .. 'aside:of:' .. source .. '\0' .. key
        note('HDEL', P .. 'aside', name)
        note('HDEL', P .. 'aside:row', name)
        note('ZREM', order, place .. '\0' .. id)
        note('ZREM', P .. 'aside:due:' .. source, id)
        note('ZREM', P .. 'aside:since:' .. source, id)
        -- The next one of its key may be tried at once. `since` lies in the past.
        local group = string.match(name, '^%Z*')
        for _, member in ipairs(redis.call('ZRANGE', order, 0, #take_back)) do
            local next = group .. '\0' .. id_of(member)
            if not gone[next] then
                local event = events[next] or cmsgpack.unpack(redis.call('HGET', P .. 'aside', next))
                if not event[6] then
                    event[6] = event[4]
                    make_due(next, event)
                end
                break
            end
        end
    end
    for name in pairs(changed) do
        if not gone[name] then note('HSET', P .. 'aside', name, cmsgpack.pack(events[name])) end
    end
end
"""

_REST = r"""
local function guard_outbox()
    for _, rows in ipairs(sent) do note_all('HDEL', 'outbox:' .. rows[1], rows[2]) end
    for _, rows in ipairs(outbox) do
        local source, first, ids = unpack(rows)
        if not all_free('outbox:' .. source, ids) then return true end
        local values = {}
        for i, id in ipairs(ids) do values[2 * i - 1], values[2 * i] = id, ARGV[first + i - 1] end
        note_all('HSET', 'outbox:' .. source, values)
        note('SADD', P .. 'outbox', source)
    end
end

local function note_facts()
    local versions = {}
    for _, fact in ipairs(facts) do
        local name, key, version, value = P .. 'fact:' .. fact[1], unpack(fact, 2)
        local place = name .. '\0' .. key
        local stored = versions[place] or tonumber(string.match(redis.call('HGET', name, key) or '0', '^%d+'))
        if stored < version then
            versions[place] = version
            note('HSET', name, key, value)
        end
    end
end

local function note_missed()
    for _, event in ipairs(missed) do
        local source, first, code = unpack(event)
        local before = string.match(redis.call('HGET', P .. 'missed', source) or '', '^%d+')
        if before and tonumber(before) < tonumber(first) then first = before end
        note('HSET', P .. 'missed', source, first .. ' ' .. code)
    end
end

local guards = {
    {'sources', guard_sources}, {'inbox', guard_inbox}, {'states', guard_states}, {'claims', guard_claims},
    {'timers', guard_timers}, {'parked', guard_parked}, {'set aside', guard_aside}, {'outbox', guard_outbox},
}
for _, each in ipairs(guards) do
    local failed = each[2]()
    if failed then return type(failed) == 'table' and failed or {each[1]} end
end
note_facts()
note_missed()
note_all('HSET', 'raised', raised)
for _, words in ipairs(todo) do redis.call(unpack(words)) end
for _, rows in ipairs(sent) do
    if redis.call('EXISTS', P .. 'outbox:' .. rows[1]) == 0 then redis.call('SREM', P .. 'outbox', rows[1]) end
end
return {}
"""

WRITE = Script(BEGIN + WHOLE + _GUARDS + _ASIDE + _REST)
