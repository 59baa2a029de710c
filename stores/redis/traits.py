"""Bitmaps of which aggregate has which trait (topics/search_index.py). The script that writes documents changes them, too."""

from collections.abc import Iterator
from struct import pack

from topics import keys
from topics.deciding.projection import Traits
from topics.search_index import Point

# first, last: places in ARGV of the words after TRAITS. A trait that no aggregate has any more is deleted with its bitmap, so
# that words of old menus do not stay for ever.
CHANGE = """
local function change_traits(first, last)
    local rows, names, places, prefix, shared, whose = unpack(ARGV, first, first + 5)
    local row = redis.call('ZSCORE', rows, whose)
    if not row then
        row = redis.call('ZCARD', rows)
        redis.call('ZADD', rows, row, whose)
    end
    for i = first + 6, last, 2 do
        local how, name = ARGV[i], ARGV[i + 1]
        local has = how == 'gain'
        if how == 'one more' then has = redis.call('HINCRBY', shared, name, 1) > 0 end
        if how == 'one less' then
            has = redis.call('HINCRBY', shared, name, -1) > 0
            if not has then redis.call('HDEL', shared, name) end
        end
        if how == 'place' then
            redis.call('SETRANGE', places, row * #name, name)
        else
            redis.call('SETBIT', prefix .. name, row, has and 1 or 0)
            if has then
                redis.call('ZADD', names, 0, name)
            elseif redis.call('BITCOUNT', prefix .. name) == 0 then
                redis.call('DEL', prefix .. name)
                redis.call('ZREM', names, name)
            end
        end
    end
end
"""

_NONE = Traits("")


def changed(view: str, tag: str, before: Traits | None, after: Traits | None) -> Iterator[tuple[str | bytes, ...]]:
    """Lines of the projection's script that lead from one to the other. None: the aggregate has no traits."""
    if before and after and before.of != after.of:
        yield from (*changed(view, tag, before, None), *changed(view, tag, None, after))
        return
    whose, was, now = (after or before or _NONE).of, before or _NONE, after or _NONE
    words: list[str | bytes] = []
    for how, names in (
        ("gain", now.own - was.own),
        ("lose", was.own - now.own),
        ("one more", now.shared - was.shared),
        ("one less", was.shared - now.shared),
    ):
        for name in sorted(names):
            words += (how, name)
    if now.place != was.place:
        words += ("place", _packed(now.place))
    if words:
        places = (keys.search_traits(view), keys.search_places(view), keys.search_trait(view, ""))
        names = [keys.in_generation(place, tag) for place in (*places, keys.search_shared(view, whose))]
        yield ("TRAITS", keys.SEARCH_ROWS, *names, whose, *words)


def _packed(place: tuple[float, float] | None) -> bytes:
    return pack("<3d", *((0.0, 0.0, 0.0) if place is None else Point(*place).vector()))
