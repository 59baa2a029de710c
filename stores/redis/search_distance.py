"""The Lua of a search by distance: it looks at cells (topics/search_index.py) around the point, from small ones to large ones,
until enough of those that were found are near. Few that were found are measured all."""

BY_DISTANCE = r"""
local away, vectors = {}, asked.order == 'distance' and redis.call('GET', asked.places) or ''

-- Those of the rows that have coordinates. away: the square of the straight line to them, by row; the earth's radius is 1.
local function measured(rows)
    local _, _, x, y, z = unpack(asked.near)
    local kept = {}
    for _, row in ipairs(rows) do
        if (row + 1) * 24 <= #vectors then
            local there_x, there_y, there_z = struct.unpack('<ddd', vectors, row * 24 + 1)
            if there_x ~= 0 or there_y ~= 0 or there_z ~= 0 then
                local dx, dy, dz = there_x - x, there_y - y, there_z - z
                away[row] = dx * dx + dy * dy + dz * dz
                kept[#kept + 1] = row
            end
        end
    end
    return kept
end

-- The cell of the point and its eight neighbours, as ranges of the cells' numbers; the kilometres within which they
-- hold everybody; and how many they hold. Nothing next to a pole, where cells are no neighbourhoods.
local function neighbourhood(level)
    local latitude, longitude, n = asked.near[1], asked.near[2], 2 ^ level
    local y = math.min(n - 1, math.floor((latitude + 90) / 180 * n))
    local x = math.min(n - 1, math.floor((longitude + 180) / 360 * n))
    local farthest_up = math.max(math.abs((y - 1) * 180 / n - 90), math.abs((y + 2) * 180 / n - 90))
    if farthest_up >= 85 then return {}, 0, 0 end
    local ranges, many, size = {}, 0, 4 ^ (asked.depth - level)
    for dy = -1, 1 do
        for dx = -1, 1 do
            local code, digit, up, along = 0, 1, y + dy, (x + dx) % n
            for _ = 1, level do
                code = code + digit * (2 * (up % 2) + along % 2)
                digit, up, along = digit * 4, math.floor(up / 2), math.floor(along / 2)
            end
            local first, last = string.format('%.0f', code * size), string.format('(%.0f', (code + 1) * size)
            ranges[#ranges + 1] = {first, last}
            many = many + redis.call('ZCOUNT', asked.by .. 'cell', first, last)
        end
    end
    -- a cell is twice as many degrees wide as high
    return ranges, 111 * 180 / n * math.min(1, 2 * math.cos(math.rad(farthest_up))), many
end

local function found_in(ranges, kilometres)
    local kept, line = {}, 2 * math.sin(kilometres / 6371.0088 / 2)
    for _, range in ipairs(ranges) do
        local ids = redis.call('ZRANGEBYSCORE', asked.by .. 'cell', range[1], range[2])
        for first = 1, #ids, 1000 do
            local _, rows = only_found({unpack(ids, first, math.min(first + 999, #ids))})
            for _, row in ipairs(measured(rows)) do
                if away[row] <= line * line then kept[#kept + 1] = row end
            end
        end
    end
    return kept
end

local function near_enough()
    local needed, share = asked.offset + asked.count, total / redis.call('ZCARD', asked.rows)
    if total > 300 and total > needed * 3 and not asked.descending then
        for level = 13, 3, -1 do -- cells from 2 km to 2,500 km high
            local ranges, kilometres, many = neighbourhood(level)
            if many * 2 > total then break end -- it is less work to measure all that were found
            if many * share >= needed * 2 then -- about a third of them is within the kilometres
                local near = found_in(ranges, kilometres)
                if #near >= needed then return near end
            end
        end
    end
    return measured(rows_found())
end

-- Sorting is what takes long. So of many, those about as far away as the page are picked first: they, and how many
-- come before them.
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
    if asked.count > 0 then -- whoever said no coordinates comes last
        for _, id in ipairs(by_column(asked.by .. 'nowhere', math.max(0, asked.offset - #near))) do
            page[#page + 1] = id
        end
    end
    return page
end
"""
