"""The store of views: documents, sorted sets and side keys in Redis. One script writes them together with the floors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from redis.asyncio import Redis

from stores.redis import traits
from stores.redis.errors import translated
from stores.redis.generations import GenerationsRecord
from stores.redis.notices import notice
from stores.redis.together import Together
from stores.tracing import around_call
from topics import keys
from topics.deciding.projection import LATEST, Traits

# KEYS: the floor of each move. ARGV: for each move the floor as it was read, the floor after, the floor of the view's other
# generation ('' for none), the set of partitions that have caught up ('' for not yet), and the partition; then the changes as
# command lines: length, words… A line is a Redis command, or TRAITS (stores/redis/traits.py), or one of
#   LATEST set, member, most: the member is the one that changed last. Its score is the time in microseconds by this server's
#     clock, and higher than that of every other, so whoever has seen one has seen those below. most: members that stay;
#   SIDE move, document, version, command: only if the move goes beyond the other generation, since what both write must not go
#     back in time; or if that has missed this version of the aggregate. document: the aggregate's, in the other generation;
#   TELL ready key, tag, command: only if readers use this generation.
# Nothing is written if a floor is not as it was read: another process wrote, or an earlier try whose answer was lost.
_APPLY = (
    traits.CHANGE
    + """
local ahead = {}
for m, floor in ipairs(KEYS) do
    local a = 5 * m - 4
    if redis.call('GET', floor) ~= ARGV[a] then return '' end
    local other = ARGV[a + 2] ~= '' and redis.call('GET', ARGV[a + 2])
    ahead[m] = not other or tonumber(ARGV[a + 1]) > tonumber(other)
end
local function has_missed(document, version)
    if document == '' then return false end
    local shown = string.match(redis.call('GETRANGE', document, 0, 20), '^%d+')
    return tonumber(shown or 0) < tonumber(version)
end
local i = 5 * #KEYS + 1
while ARGV[i] do
    local n, how = tonumber(ARGV[i]), ARGV[i + 1]
    if how == 'TRAITS' then
        change_traits(i + 2, i + n)
    elseif how == 'LATEST' then
        local set, time = ARGV[i + 2], redis.call('TIME')
        local at, last = time[1] * 1000000 + time[2], redis.call('ZREVRANGE', set, 0, 0, 'WITHSCORES')[2]
        if last and tonumber(last) >= at then at = tonumber(last) + 1 end
        redis.call('ZADD', set, string.format('%.0f', at), ARGV[i + 3])
        redis.call('ZREMRANGEBYRANK', set, 0, -1 - ARGV[i + 4])
    elseif how == 'SIDE' then
        if ahead[tonumber(ARGV[i + 2])] or has_missed(ARGV[i + 3], ARGV[i + 4]) then
            redis.call(unpack(ARGV, i + 5, i + n))
        end
    elseif how == 'TELL' then
        if redis.call('GET', ARGV[i + 2]) == ARGV[i + 3] then redis.call(unpack(ARGV, i + 4, i + n)) end
    else
        redis.call(unpack(ARGV, i + 1, i + n))
    end
    i = i + n + 1
end
for m, floor in ipairs(KEYS) do
    local a = 5 * m - 4
    redis.call('SET', floor, ARGV[a + 1])
    if ARGV[a + 3] ~= '' then redis.call('SADD', ARGV[a + 3], ARGV[a + 4]) end
end
return 'ok'
"""
)

# KEYS[1] what was missed. ARGV: offset, code. An earlier offset stays.
_MISS = """
local next = string.match(redis.call('GET', KEYS[1]) or '', '^%d+')
if not next or tonumber(ARGV[1]) < tonumber(next) then next = ARGV[1] end
redis.call('SET', KEYS[1], next .. ' ' .. ARGV[2])
"""

# KEYS[1] the floor, KEYS[2] what was missed, KEYS[3] how far the documents are. ARGV: the code.
# Returns where the floor is now, and whether something is missed.
_AGAIN = """
local next, code = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+) (.*)$')
if not next or code == ARGV[1] then return {'', next and 1 or 0} end
local floor = redis.call('GET', KEYS[1])
if not floor then return {'', 0} end
if tonumber(next) > tonumber(floor) then next = floor end
local shown = redis.call('GET', KEYS[3])
if not shown or tonumber(floor) > tonumber(shown) then redis.call('SET', KEYS[3], floor) end
redis.call('SET', KEYS[1], next)
redis.call('DEL', KEYS[2])
return {next, 0}
"""

Words = tuple[str | bytes, ...]


class Side(NamedTuple):
    """A Redis command that follows from this version of an aggregate."""

    aggregate_id: str
    version: int
    line: Words


@dataclass(slots=True)
class ViewChanges:
    """Of one generation of one view. lines: Redis commands, in the order in which the script runs them. sides: those of them
    that change keys which other systems read, and which are of no generation. aggregate_id, version: to which these belong."""

    view: str
    tag: str = ""
    lines: list[Words] = field(default_factory=list[Words])
    sides: list[Side] = field(default_factory=list[Side])
    aggregate_id: str = ""
    version: int = 0

    def document(self, aggregate_id: str, version: int, body: bytes) -> None:
        name = keys.in_generation(keys.document(self.view, aggregate_id), self.tag)
        self.lines.append(("SET", name, f"{version}\n".encode() + body))

    def enter(self, index: str, member: str, score: float) -> None:
        self.lines.append(("ZADD", self._index(index), repr(score), member))

    def leave(self, index: str, member: str) -> None:
        self.lines.append(("ZREM", self._index(index), member))

    def changed_last(self, index: str, member: str) -> None:
        self.lines.append(("LATEST", self._index(index), member, str(LATEST)))

    def characterize(self, before: Traits | None, after: Traits | None) -> None:
        self.lines.extend(traits.changed(self.view, self.tag, before, after))

    def put(self, name: str, value: str, expires_at: datetime | None) -> None:
        # Redis accepts no time before 1970, and a script that fails would be tried for ever.
        expiry = () if expires_at is None else ("PXAT", str(max(1, int(expires_at.timestamp() * 1000))))
        self._beside(name, ("SET", keys.in_generation(name, self.tag), value, *expiry))

    def drop(self, name: str) -> None:
        self._beside(name, ("DEL", keys.in_generation(name, self.tag)))

    def tell(self, aggregates: Sequence[str], lists: Sequence[str] = ()) -> None:
        """Publishes a notice that these documents have changed. lists: in which they stand by that (View.latest)."""
        self.lines.append(("TELL", keys.view_ready(self.view), self.tag, *notice(self.view, aggregates, lists)))

    def _index(self, name: str) -> str:
        return keys.in_generation(keys.index(self.view, name), self.tag)

    def _beside(self, name: str, line: Words) -> None:
        if keys.view_of(name) is None:
            self.sides.append(Side(self.aggregate_id, self.version, line))
        else:
            self.lines.append(line)


class Move(NamedTuple):
    """A generation goes from one floor to the next in one partition. floor, other: keys; other: of the view's other generation
    in this partition, empty where there is none. other_tag: of that one. caught_up: it has reached where the log ended when the
    partition was opened.
    """

    floor: str
    before: int
    after: int
    partition: int
    changes: ViewChanges
    other: str = ""
    caught_up: bool = False
    other_tag: str = ""

    def sides(self, number: int) -> list[Words]:
        """Lines of the script. number: of the move in it, from 1."""
        view, tag = self.changes.view, self.other_tag
        return [
            ("SIDE", str(number), tag and keys.in_generation(keys.document(view, of), tag), str(version), *line)
            for of, version, line in self.changes.sides
        ]


def _words(move: Move) -> list[str | bytes]:
    changes = move.changes
    marked = keys.caught_up(changes.view, changes.tag) if move.caught_up else ""
    return [str(move.before), str(move.after), move.other, marked, str(move.partition)]


def _split(value: Any) -> tuple[int, bytes]:
    return (0, b"") if value is None else keys.split(value)


class Found(NamedTuple):
    """What a batch is written on. records: of the views, by name. floors: None for one that is not there. documents: version
    and JSON; version 0 where there is none."""

    records: dict[str, GenerationsRecord]
    floors: list[int | None]
    documents: list[tuple[int, bytes]]


class ProjectionStore:
    """Raises Unavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._apply = redis.register_script(_APPLY)
        self._miss = redis.register_script(_MISS)
        self._again = redis.register_script(_AGAIN)
        self._together = Together(redis)

    async def load(
        self, views: Sequence[str], floors: Sequence[str], documents: Sequence[str], *, together: bool = False
    ) -> Found:
        """floors, documents: keys. together: one round trip for all who ask so in the same turn of the loop."""
        names = [*map(keys.generations, views), *floors, *documents]
        async with translated():
            values = await (self._together.mget(names) if together else self._redis.mget(names))
        records, places = values[: len(views)], values[len(views) :]
        found_records = {view: GenerationsRecord.of(view, raw) for view, raw in zip(views, records, strict=True)}
        found = [None if value is None else int(value) for value in places[: len(floors)]]
        return Found(found_records, found, [_split(value) for value in places[len(floors) :]])

    async def apply(self, moves: Sequence[Move]) -> bool:
        """Writes the changes and moves the floors. False: one of them was another, nothing is written."""
        arguments = [word for move in moves for word in _words(move)]
        for number, move in enumerate(moves, 1):
            for line in (*move.changes.lines, *move.sides(number)):
                arguments.append(str(len(line)))
                arguments.extend(line)
        with around_call("show", **{"db.system.name": "redis"}):
            async with translated():
                return await self._apply(keys=[move.floor for move in moves], args=arguments) == b"ok"

    async def again(self, floor: str, missed: str, shown_up_to: str, code: str) -> tuple[int | None, bool]:
        """As DomainStore.again, of one generation in one partition, without an epoch: whoever believes in another floor writes
        nothing. floor, missed, shown_up_to: keys."""
        async with translated():
            at, left = await self._again(keys=[floor, missed, shown_up_to], args=[code])
        return int(at) if at else None, bool(left)

    async def miss(self, missed: str, offset: int, code: str) -> None:
        """Keeps the offset of an event that could not be applied, if no earlier one is kept. Called before the floor moves."""
        async with translated():
            await self._miss(keys=[missed], args=[str(offset), code])

    async def floors(self, names: Sequence[str]) -> list[int | None]:
        """In the order of the keys; None for one that has none."""
        if not names:
            return []
        async with translated():
            values = await self._redis.mget(names)
        return [None if value is None else int(value) for value in values]
