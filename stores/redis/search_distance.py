"""The Lua of a search by distance: it looks at cells (topics/search_index.py) around the point, from small ones to large ones,
until enough of those that were found are near. Few that were found are measured all."""

BY_DISTANCE = r"""
local away = {} -- kilometres, by id

-- Those of the ids that have coordinates, now measured.
local function measured(ids)
    local latitude, longitude = asked.near[1], asked.near[2]
    local kept, cosine = {}, math.cos(math.rad(latitude))
    for first = 1, #ids, 1000 do
        local some = {unpack(ids, first, math.min(first + 999, #ids))}
        local latitudes = redis.call('ZMSCORE', asked.by .. 'latitude', unpack(some))
        local longitudes = redis.call('ZMSCORE', asked.by .. 'longitude', unpack(some))
        for i, id in ipairs(some) do
            if latitudes[i] then
                local lat, lon = tonumber(latitudes[i]), tonumber(longitudes[i])
                local up, along = math.sin(math.rad(lat - latitude) / 2), math.sin(math.rad(lon - longitude) / 2)
                local square = up * up + cosine * math.cos(math.rad(lat)) * along * along
                away[id] = 2 * 6371.0088 * math.asin(math.sqrt(math.min(1, square)))
                kept[#kept + 1] = id
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
    local kept = {}
    for _, range in ipairs(ranges) do
        local ids = redis.call('ZRANGEBYSCORE', asked.by .. 'cell', range[1], range[2])
        for first = 1, #ids, 1000 do
            local some = only_found({unpack(ids, first, math.min(first + 999, #ids))})
            for _, id in ipairs(measured(some)) do
                if away[id] <= kilometres then kept[#kept + 1] = id end
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
            if many * share >= needed * 2 then -- about a third of them is within the kilometres
                local near = found_in(ranges, kilometres)
                if #near >= needed then return near end
            end
        end
    end
    return measured(ids_found())
end

local function by_distance()
    local near = near_enough()
    table.sort(near, function(a, b)
        if asked.descending then a, b = b, a end
        if away[a] ~= away[b] then return away[a] < away[b] end
        return a < b
    end)
    local page = page_of(near, asked.offset)
    asked.count = asked.count - #page
    if asked.count > 0 then -- whoever said no coordinates comes last
        for _, id in ipairs(by_column(asked.by .. 'nowhere', math.max(0, asked.offset - #near))) do
            page[#page + 1] = id
        end
    end
    return page
end
"""
