r"""The script of a search. Its argument is the JSON of stores.redis.search.arguments(). It returns {total, ids of the page}.

Intermediate bitmaps are keys, since BITOP writes into keys only. The script deletes them at its end, and they are
written neither to the append-only file nor to replicas.
"""

from stores.redis.search_distance import BY_DISTANCE

_NARROW = r"""
redis.set_repl(redis.REPL_NONE)
local asked = cjson.decode(ARGV[1])
local found, other, fewer, equal, both =
    asked.scratch .. 1, asked.scratch .. 2, asked.scratch .. 3, asked.scratch .. 4, asked.scratch .. 5

local function bitop(how, into, a, b) redis.call('BITOP', how, into, a, b) end

-- The bitmap of a trait, or of who has one trait and not another one. Few that are of the second kind are in one search.
local made = {}
local function bitmap_of(given)
    if type(given) == 'string' then return asked.trait .. given end
    if redis.call('EXISTS', asked.trait .. given[2]) == 0 then return asked.trait .. given[1] end
    local name = asked.scratch .. 'unless:' .. #made
    made[#made + 1] = name
    bitop('AND', name, asked.trait .. given[1], asked.trait .. given[2])
    bitop('XOR', name, name, asked.trait .. given[1])
    return name
end

-- Into `other`, of those that were found. names: of bitmaps
local function having_one_of(names)
    redis.call('DEL', other)
    for i = 1, #names, 15 do -- BITOP is fastest with at most 16
        local some = {}
        for j = i, math.min(i + 14, #names) do some[#some + 1] = names[j] end
        redis.call('BITOP', 'OR', other, other, unpack(some))
    end
    bitop('AND', other, found, other)
end

local function narrow_to_one_of(names)
    having_one_of(names)
    found, other = other, found
end

local function bitmaps(traits)
    local names = {}
    for i, given in ipairs(traits) do names[i] = bitmap_of(given) end
    return names
end

-- From the highest digit on: fewer has those that are below the limit by now, equal those that are the same so far.
local function within(bound)
    redis.call('DEL', fewer)
    bitop('OR', equal, found, found)
    for digit = bound.digits - 1, 0, -1 do
        bitop('AND', both, equal, asked.trait .. bound.name .. ':' .. digit)
        bitop('XOR', equal, equal, both)
        if math.floor(bound.most / 2 ^ digit) % 2 == 1 then
            bitop('OR', fewer, fewer, equal)
            equal, both = both, equal
        end
    end
    bitop('OR', fewer, fewer, equal)
    bitop(bound.beyond and 'XOR' or 'AND', found, found, fewer)
end

bitop('OR', found, asked.trait .. 'all', asked.trait .. 'all')
for _, traits in ipairs(asked.any_of) do narrow_to_one_of(bitmaps(traits)) end
for _, bound in ipairs(asked.bounds) do within(bound) end
for _, beginning in ipairs(asked.beginnings) do
    local traits = {}
    for _, given in ipairs(asked.words) do -- by each view that gives words
        local names = redis.call('ZRANGEBYLEX', given.names, '[' .. beginning, '(' .. beginning .. '\255')
        for _, name in ipairs(names) do traits[#traits + 1] = given.trait .. name end
    end
    narrow_to_one_of(traits)
end

-- All of one part come before the next part, each in the order that is asked for.
local total, parts = redis.call('BITCOUNT', found), {}
local function add_part(name)
    parts[#parts + 1] = {name = name, bits = redis.call('GET', name) or '', many = redis.call('BITCOUNT', name)}
end
if #asked.first > 0 then
    having_one_of(bitmaps(asked.first))
    bitop('XOR', found, found, other)
    add_part(other)
end
add_part(found)
local function clean() redis.call('DEL', found, other, fewer, equal, both, unpack(made)) end
if asked.offset >= total then
    clean()
    return {total}
end

-- Of the part that is looked at: its bitmap and the key of that, how many they are, whether they are all, and whether they are
-- few for what is asked.
local bits, bitmap, many, everybody, few

local function has(row)
    local byte = string.byte(bits, math.floor(row / 8) + 1)
    return byte ~= nil and bit.band(byte, bit.rshift(128, row % 8)) ~= 0
end

local function rows_in(bits)
    local rows, at = {}, string.find(bits, '[^%z]')
    while at do
        local byte, row, value = string.byte(bits, at), at * 8 - 8, 128
        while byte > 0 do
            if byte >= value then
                byte, rows[#rows + 1] = byte - value, row
            end
            row, value = row + 1, value / 2
        end
        at = string.find(bits, '[^%z]', at + 1)
    end
    return rows
end

-- Rows are given in order and kept: a row is the rank of its restaurant.
local function id_of(row) return redis.call('ZRANGE', asked.rows, row, row)[1] end

-- Those of the ids that were found.
local function only_found(ids)
    local kept = {}
    for i, row in ipairs(redis.call('ZMSCORE', asked.rows, unpack(ids))) do
        row = row and tonumber(row)
        if row and has(row) then kept[#kept + 1] = ids[i] end
    end
    return kept
end

local function page_of(ids, offset)
    return {unpack(ids, offset + 1, offset + asked.count)}
end

local function look_at(part, offset, count)
    bits, bitmap, many, asked.offset, asked.count = part.bits, part.name, part.many, offset, count
    everybody = many == redis.call('BITCOUNT', asked.trait .. 'all')
    -- A step of a walk along an order costs about a fifth of looking up one that was found, with its part of the sort.
    few = many * many * 5 <= redis.call('ZCARD', asked.rows) * (offset + count)
end
"""

_BY_COLUMN = r"""
local function sorted(index, rows)
    local place, kept, rank = {}, {}, asked.descending and 'ZREVRANK' or 'ZRANK'
    for _, row in ipairs(rows) do
        local id = id_of(row)
        place[id] = redis.call(rank, index, id)
        if place[id] then kept[#kept + 1] = id end
    end
    table.sort(kept, function(a, b) return place[a] < place[b] end)
    return kept
end

local function walked(index, offset)
    if everybody then -- there is nobody to pass over
        local range = asked.descending and 'ZREVRANGE' or 'ZRANGE'
        return redis.call(range, index, offset, offset + asked.count - 1)
    end
    local page, passed, at, range = {}, 0, 0, asked.descending and 'ZREVRANGE' or 'ZRANGE'
    while #page < asked.count do
        local ids = redis.call(range, index, at, at + 199)
        if #ids == 0 then break end
        for _, id in ipairs(only_found(ids)) do
            passed = passed + 1
            if passed > offset and #page < asked.count then page[#page + 1] = id end
        end
        at = at + 200
    end
    return page
end

local function by_column(index, offset)
    if few then return page_of(sorted(index, rows_in(bits)), offset) end
    return walked(index, offset)
end
"""

_ANSWER = r"""
local answer, offset, count = {total}, asked.offset, asked.count
for _, part in ipairs(parts) do
    if offset < part.many and count > 0 then
        look_at(part, offset, count)
        local ids = asked.order == 'distance' and by_distance() or by_column(asked.by .. asked.order, offset)
        for _, id in ipairs(ids) do answer[#answer + 1] = id end
        count = count - #ids
    end
    offset = math.max(0, offset - part.many)
end
clean()
return answer
"""

SEARCH = _NARROW + _BY_COLUMN + BY_DISTANCE + _ANSWER
