"""The note of what a caller wrote: text of Redis scripts.

A note names each aggregate once, as `<aggregate id>@<version>;`, in the order of the last writes. Before those that were
written in one second stands `<second>;`, by Redis' clock. Readers pass over seconds (http_edge/reads/own_writes.py). A write
leaves out what is older than a note's life, and of the rest all but the latest.
"""

MERGED = """
local function merged(before, texts, now, life, most)
    local order, known, second = {}, {}, now
    local function add(text, at)
        local name, version = string.match(text, '^(.+)@(%d+)$')
        if not name then return end
        local entry = {name = name, version = tonumber(version), at = at}
        local earlier = known[name]
        if earlier then
            entry.version = math.max(entry.version, earlier.version)
            earlier.gone = true
        end
        known[name] = entry
        order[#order + 1] = entry
    end
    for text in string.gmatch(before, '[^;]+') do
        if string.match(text, '^%d+$') then second = tonumber(text)
        elseif second > now - life then add(text, second) end
    end
    for text in string.gmatch(texts, '[^;]+') do add(text, now) end
    local left = {}
    for _, entry in ipairs(order) do
        if not entry.gone then left[#left + 1] = entry end
    end
    local parts, said = {}, nil
    for place = math.max(1, #left - most + 1), #left do
        local entry = left[place]
        if entry.at ~= said then
            said = entry.at
            parts[#parts + 1] = string.format('%d;', said)
        end
        parts[#parts + 1] = string.format('%s@%d;', entry.name, entry.version)
    end
    return table.concat(parts)
end
"""
