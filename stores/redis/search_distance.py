"""The Lua of a search by distance: it looks at cells (topics/search_index.py) around the point, from small ones to large ones,
until enough of those that were found are near. Few that were found are measured all."""

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

local function cell_number(up, along, level)
    local number, digit = 0, 1
    for _ = 1, level do
        number = number + digit * (2 * (up % 2) + along % 2)
        digit, up, along = digit * 4, math.floor(up / 2), math.floor(along / 2)
    end
    return number
end

local function cell_at(level)
    local latitude, longitude, n = asked.near[1], asked.near[2], 2 ^ level
    local up, along = math.floor((latitude + 90) / 180 * n), math.floor((longitude + 180) / 360 * n)
    return math.min(n - 1, up), math.min(n - 1, along)
end

local function range_of(number, level)
    local size = 4 ^ (asked.depth - level)
    return {string.format('%.0f', number * size), string.format('(%.0f', (number + 1) * size)}
end

local function held_by(range) return redis.call('ZCOUNT', asked.by .. 'cell', range[1], range[2]) end

-- The cell of the point and its eight neighbours, as ranges of the cells' numbers; the kilometres around the point within
-- which they hold all restaurants; and how many they hold. Nothing near a pole, where cells get too narrow.
local function neighbourhood(level)
    local n, ranges, held = 2 ^ level, {}, 0
    local up, along = cell_at(level)
    local farthest_up = math.max(math.abs((up - 1) * 180 / n - 90), math.abs((up + 2) * 180 / n - 90))
    if farthest_up >= 85 then return {}, 0, 0 end
    for dy = -1, 1 do
        for dx = -1, 1 do
            local range = range_of(cell_number(up + dy, (along + dx) % n, level), level)
            ranges[#ranges + 1], held = range, held + held_by(range)
        end
    end
    -- a cell is twice as many degrees wide as high
    return ranges, 111 * 180 / n * math.min(1, 2 * math.cos(math.rad(farthest_up))), held
end

-- Cells from 300 m to 2,500 km high; the first one that may do, going by the point's own cell alone.
local SMALLEST, LARGEST = 16, 3
local function first_level(wanted)
    local up, along = cell_at(SMALLEST)
    local number = cell_number(up, along, SMALLEST)
    for level = SMALLEST, LARGEST + 1, -1 do
        if held_by(range_of(math.floor(number / 4 ^ (SMALLEST - level)), level)) * 9 >= wanted then
            return math.min(SMALLEST, level + 1)
        end
    end
    return LARGEST + 1
end

local function found_in(ranges, kilometres)
    local inside, kept, line = {}, {}, 2 * math.sin(kilometres / 6371.0088 / 2)
    for _, range in ipairs(ranges) do
        local ids = redis.call('ZRANGEBYSCORE', asked.by .. 'cell', range[1], range[2])
        for first = 1, #ids, 1000 do
            local _, rows = only_found({unpack(ids, first, math.min(first + 999, #ids))})
            for _, row in ipairs(rows) do inside[#inside + 1] = row end
        end
    end
    for _, row in ipairs(measured(inside)) do
        if away[row] <= line * line then kept[#kept + 1] = row end
    end
    return kept
end

local function near_enough()
    local needed, share = asked.offset + asked.count, many / redis.call('ZCARD', asked.rows)
    if many > 300 and many > needed * 3 and not asked.descending then
        local wanted = needed * 2 / share -- about a third of them is within the kilometres
        for level = first_level(wanted), LARGEST, -1 do
            local ranges, kilometres, held = neighbourhood(level)
            if held * 2 > many then break end -- it is less work to measure all that were found
            if held >= wanted then
                local near = found_in(ranges, kilometres)
                if #near >= needed then return near end
            end
        end
    end
    return measured(rows_found())
end

-- Sorting takes long. So of many rows only those are sorted that are about as far away as the page: returns them, and how
-- many come before them.
local function around_page(rows)
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
    while first <= steps and before + (held[first] or 0) <= asked.offset do
        first, before = first + 1, before + (held[first] or 0)
    end
    local last, until_last = first, before + (held[first] or 0)
    while last <= steps and until_last < asked.offset + asked.count do
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
    local near = near_enough()
    local rows, before = around_page(near)
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
    local page = page_of(ids, asked.offset - before)
    asked.count = asked.count - #page
    if asked.count > 0 then -- those without coordinates come last
        for _, id in ipairs(by_column(asked.by .. 'nowhere', math.max(0, asked.offset - #near))) do
            page[#page + 1] = id
        end
    end
    return page
end
"""
