"""Lists: the documents that stand in a sorted set, some at a time, in the set's order.

One script reads the entries and their documents, so that the edge neither asks twice nor sends the names of documents that it
has just got. Slices of all lists go over one connection, one after the other: however many clients read long lists, Redis
and the edge have one slice to do between two other requests.

Where a list goes on is a place in the order, score and member of the last entry. It need not be there any more. So entries
that come and go between two slices neither repeat nor hide those that stay.
"""

import hashlib
from collections.abc import Sequence
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from stores.listed import Slice, Span
from stores.redis.own_connection import OwnConnection
from stores.redis.reader import Reader, within
from stores.redis.tags import Tags
from topics import keys

# KEYS[1] the sorted set. ARGV: beginning of the documents' names, lowest score, '1' for the newest first, most entries, most
# bytes, then score and member of the entry before, where there is one. Returns '1' where more entries follow, then for each
# entry member, score and document ('' where there is none).
# `<` of two strings goes by the server's locale, but the set is ordered by bytes.
_READ = """
local set, backwards = KEYS[1], ARGV[3] == '1'

local function comes_before(a, b)
    for i = 1, math.min(#a, #b) do
        local x, y = string.byte(a, i), string.byte(b, i)
        if x ~= y then return x < y end
    end
    return #a < #b
end

-- How many entries come before the place (score, member) in ascending order; with the one that stands there, if asked.
local function rank_of(score, member, with)
    local low, high = redis.call('ZCOUNT', set, '-inf', '(' .. score), redis.call('ZCOUNT', set, '-inf', score)
    while low < high do
        local middle = math.floor((low + high) / 2)
        local there = redis.call('ZRANGE', set, middle, middle)[1]
        if comes_before(there, member) or (with and there == member) then low = middle + 1 else high = middle end
    end
    return low
end

local size, lowest = redis.call('ZCARD', set), 0
if ARGV[2] ~= '-inf' then lowest = redis.call('ZCOUNT', set, '-inf', '(' .. ARGV[2]) end
local first, left
if backwards then
    local before = ARGV[6] and rank_of(ARGV[6], ARGV[7], false) or size
    first, left = size - before, before - lowest
else
    first = math.max(lowest, ARGV[6] and rank_of(ARGV[6], ARGV[7], true) or 0)
    left = size - first
end

local most, room, found = math.min(left, tonumber(ARGV[4])), tonumber(ARGV[5]), {'0'}
if most > 0 then
    local range = redis.call(backwards and 'ZREVRANGE' or 'ZRANGE', set, first, first + most - 1, 'WITHSCORES')
    for i = 1, #range, 2 do
        local document = redis.call('GET', ARGV[1] .. string.match(range[i], '[^/]*')) or ''
        if i > 1 and #document > room then
            most = (i - 1) / 2
            break
        end
        room = room - #document
        found[#found + 1], found[#found + 2], found[#found + 3] = range[i], range[i + 1], document
    end
end
if left > most then found[1] = '1' end
return found
"""

_SHA = hashlib.sha1(_READ.encode(), usedforsecurity=False).hexdigest()


class Lists:
    """Raises Unavailable within stores.redis.reader.READ_SECONDS. reader: knows in which generations the views stand."""

    def __init__(self, client: Redis, reader: Reader) -> None:
        self._reader = reader
        self._connection = OwnConnection(client)

    async def read(self, span: Span) -> Slice:
        """The next slice of a list."""
        await self._reader.look_at(span.view)
        words = _words(span, self._reader.tags)
        more, *found = await within(lambda: self._asked(words))
        return Slice(found[::3], found[1::3], found[2::3], more == b"1")

    async def close(self) -> None:
        await self._connection.close()

    async def _asked(self, words: Sequence[str]) -> list[bytes]:
        try:
            return cast(list[bytes], await self._connection.call("EVALSHA", _SHA, *words))
        except NoScriptError:
            return cast(list[bytes], await self._connection.call("EVAL", _READ, *words))


def _words(span: Span, tags: Tags) -> list[str]:
    lowest = "-inf" if span.lowest is None else repr(span.lowest)
    backwards = "1" if span.newest_first else ""
    documents, index = tags.key(keys.document(span.view, "")), tags.key(keys.index(span.view, span.index_name))
    return ["1", index, documents, lowest, backwards, str(span.entries), str(span.size), *(span.after or ())]
