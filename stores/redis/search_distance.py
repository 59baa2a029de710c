"""The Lua of a search by distance. It counts how many of those that were found are in each cell (topics/search_index.py), which
bitmaps do, and measures only those in cells that may hold a part of the page: it looks at large cells, then at smaller ones in
those that are left."""

BY_DISTANCE = r"""
local away = {} -- the square of the straight line to a restaurant, by row; the earth's radius is 1

-- Those of the rows that have coordinates.
local function measured(rows)
    local _, _, x, y, z = unpack(asked.near)
    local kept, all = {}, #rows > 300 and redis.call('GET', asked.places)
    for _, row in ipairs(rows) do
        local vectors, at = all, row * 24
        if not all then vectors, at = redis.call('GETRANGE', asked.places, at, at + 23), 0 end
        if at + 24 <= #vectors then
            local there_x, there_y, there_z = struct.unpack('<ddd', vectors, at + 1)
            if there_x ~= 0 or there_y ~= 0 or there_z ~= 0 then
                local dx, dy, dz = there_x - x, there_y - y, there_z - z
                away[row] = dx * dx + dy * dy + dz * dz
                kept[#kept + 1] = row
            end
        end
    end
    return kept
end

-- How near and how far, in a straight line, what is in a cell may be.
local function reach_of(number, digits)
    local up, along, digit = 0, 0, 1
    for _ = 1, digits do
        local two = number % 4
        if two >= 2 then up, two = up + digit, two - 2 end
        along, number, digit = along + digit * two, (number - number % 4) / 4, digit * 2
    end
    local high = math.pi / digit -- a cell is twice as many degrees wide as high
    local latitude, longitude = (up + 0.5) * high - math.pi / 2, (along * 2 + 1) * high - math.pi
    local flat = math.cos(latitude)
    local dx = flat * math.cos(longitude) - asked.near[3]
    local dy = flat * math.sin(longitude) - asked.near[4]
    local dz = math.sin(latitude) - asked.near[5]
    local straight = math.sqrt(dx * dx + dy * dy + dz * dz)
    -- From the middle to a corner: along the meridian, and then along the parallel that is the longer one. A little more, since
    -- numbers are not exact.
    local aside = high / 2 + high * math.cos(math.max(0, math.abs(latitude) - high / 2)) + 1e-9
    return straight - aside, straight + aside
end

-- The cells with so many digits that hold some of those that were found. within: the number of a cell that they are in.
local function cells(digits, within)
    local kept, kind = {}, 'cell' .. digits .. ':'
    local names = redis.call('ZRANGEBYLEX', asked.names, '[' .. kind .. within, '(' .. kind .. within .. '\255')
    for _, name in ipairs(names) do
        bitop('AND', fewer, bitmap, asked.trait .. name)
        local held = redis.call('BITCOUNT', fewer)
        if held > 0 then
            local number = string.sub(name, #kind + 1)
            local nearest, farthest = reach_of(tonumber(number, 4), digits)
            kept[#kept + 1] = {name = asked.trait .. name, number = number, held = held, nearest = nearest, farthest = farthest}
        end
    end
    return kept
end

local function held_by(some)
    local held = 0
    for _, cell in ipairs(some) do held = held + cell.held end
    return held
end

-- The cells that may hold a restaurant of the ranks from `first` to before `last`, the nearest being 0; and how many are nearer
-- than all of these.
local function holding(some, first, last)
    local from, to, held = 0, math.huge, 0
    table.sort(some, function(a, b) return a.nearest < b.nearest end)
    for _, cell in ipairs(some) do
        held = held + cell.held
        if held > first then
            from = cell.nearest -- fewer than that are nearer
            break
        end
    end
    table.sort(some, function(a, b) return a.farthest < b.farthest end)
    held = 0
    for _, cell in ipairs(some) do
        held = held + cell.held
        if held >= last then
            to = cell.farthest -- as many are within
            break
        end
    end
    local kept, before = {}, 0
    for _, cell in ipairs(some) do
        if cell.farthest < from then
            before = before + cell.held
        elseif cell.nearest <= to then
            kept[#kept + 1] = cell
        end
    end
    return kept, before
end

local function rows_of(some)
    redis.call('DEL', fewer)
    for _, cell in ipairs(some) do bitop('OR', fewer, fewer, cell.name) end
    bitop('AND', fewer, fewer, bitmap)
    return rows_in(redis.call('GET', fewer) or '')
end

-- Rows among which the page is; how many of the others come before it; and how many have coordinates in all.
local function candidates()
    if many <= 300 then
        local rows = measured(rows_in(bits))
        return rows, 0, #rows
    end
    local some = cells(asked.cells[1], '')
    local placed = held_by(some)
    local first, last = asked.offset, math.min(placed, asked.offset + asked.count)
    if first >= placed then return {}, placed, placed end
    if asked.descending then first, last = placed - last, placed - first end
    local kept, nearer = holding(some, first, last)
    for level = 2, #asked.cells do
        some = {}
        for _, cell in ipairs(kept) do
            for _, each in ipairs(cells(asked.cells[level], cell.number)) do some[#some + 1] = each end
        end
        local before
        kept, before = holding(some, first - nearer, last - nearer)
        nearer = nearer + before
    end
    local rows = measured(rows_of(kept))
    return rows, asked.descending and placed - nearer - #rows or nearer, placed
end

-- Sorting takes long. So of many rows only those are sorted that are about as far away as the page: returns them, and how
-- many come before them.
local function around_page(rows, offset)
    local farthest, steps = 0, 2000
    for _, row in ipairs(rows) do farthest = math.max(farthest, away[row]) end
    if #rows <= 200 or farthest == 0 then return rows, 0 end
    local step_of, held, scale = {}, {}, steps / math.sqrt(farthest)
    for _, row in ipairs(rows) do
        local step = math.floor(math.sqrt(away[row]) * scale)
        if asked.descending then step = steps - step end
        step_of[row], held[step] = step, (held[step] or 0) + 1
    end
    local first, before = 0, 0
    while first <= steps and before + (held[first] or 0) <= offset do
        first, before = first + 1, before + (held[first] or 0)
    end
    local last, until_last = first, before + (held[first] or 0)
    while last <= steps and until_last < offset + asked.count do
        last = last + 1
        until_last = until_last + (held[last] or 0)
    end
    local kept = {}
    for _, row in ipairs(rows) do
        if step_of[row] >= first and step_of[row] <= last then kept[#kept + 1] = row end
    end
    return kept, before
end

local function by_distance()
    local some, before, placed = candidates()
    local rows, more = around_page(some, asked.offset - before)
    local ids, line = {}, {}
    for i, row in ipairs(rows) do
        ids[i] = id_of(row)
        line[ids[i]] = away[row]
    end
    table.sort(ids, function(a, b)
        if asked.descending then a, b = b, a end
        if line[a] ~= line[b] then return line[a] < line[b] end
        return a < b
    end)
    local page = page_of(ids, asked.offset - before - more)
    asked.count = asked.count - #page
    if asked.count > 0 then -- those without coordinates come last
        for _, id in ipairs(by_column(asked.by .. 'nowhere', math.max(0, asked.offset - placed))) do
            page[#page + 1] = id
        end
    end
    return page
end
"""
