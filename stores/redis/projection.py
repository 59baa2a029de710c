"""The store of views: documents, sorted sets and side keys in Redis. One script writes them together with the floor."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from stores.protocol import Source
from stores.redis import traits
from stores.redis.errors import translated
from stores.redis.notices import notice
from topics import keys
from topics.deciding.projection import Traits

# KEYS[1] the floor. ARGV: floor as it was read, floor after, number of (set, partition, partitions, ready key) marks, the
# marks, then the changes as command lines: length, words… (TRAITS: stores/redis/traits.py).
# Nothing is written if the floor is not as it was read: another process wrote, or an earlier try whose answer was lost.
_APPLY = (
    traits.CHANGE
    + """
local floor = redis.call('GET', KEYS[1])
if floor ~= ARGV[1] then return floor or '' end
local i = 4 + 4 * tonumber(ARGV[3])
while ARGV[i] do
    local n = tonumber(ARGV[i])
    if ARGV[i + 1] == 'TRAITS' then change_traits(i + 2, i + n) else redis.call(unpack(ARGV, i + 1, i + n)) end
    i = i + n + 1
end
redis.call('SET', KEYS[1], ARGV[2])
for m = 0, tonumber(ARGV[3]) - 1 do
    local a = 4 + 4 * m
    redis.call('SADD', ARGV[a], ARGV[a + 1])
    if redis.call('SCARD', ARGV[a]) >= tonumber(ARGV[a + 2]) then redis.call('SET', ARGV[a + 3], '1') end
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

# KEYS[1] the floor, KEYS[2] what was missed. ARGV: the code. Returns where the floor is now, and whether something is missed.
_AGAIN = """
local next, code = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+) (.*)$')
if not next or code == ARGV[1] then return {'', next and 1 or 0} end
local floor = redis.call('GET', KEYS[1])
if not floor then return {'', 0} end
if tonumber(next) > tonumber(floor) then next = floor end
redis.call('SET', KEYS[1], next)
redis.call('DEL', KEYS[2])
return {next, 0}
"""

Words = tuple[str | bytes, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Says that a view has caught up with the log in one of its partitions. With the last of them its ready key is set."""

    view: str
    partition: int
    partitions: int
    ready_key: str

    def words(self) -> Words:
        return keys.caught_up(self.view), str(self.partition), str(self.partitions), self.ready_key


@dataclass(slots=True)
class ViewChanges:
    """lines: Redis commands, in the order in which the script runs them."""

    lines: list[Words] = field(default_factory=list[Words])

    def document(self, view: str, aggregate_id: str, version: int, body: bytes) -> None:
        self.lines.append(("SET", keys.document(view, aggregate_id), f"{version}\n".encode() + body))

    def enter(self, index: str, aggregate_id: str, score: float) -> None:
        self.lines.append(("ZADD", keys.index(index), repr(score), aggregate_id))

    def leave(self, index: str, aggregate_id: str) -> None:
        self.lines.append(("ZREM", keys.index(index), aggregate_id))

    def characterize(self, before: Traits | None, after: Traits | None) -> None:
        self.lines.extend(traits.changed(before, after))

    def put(self, name: str, value: str, expires_at: datetime | None) -> None:
        # Redis accepts no time before 1970, and a script that fails would be tried for ever.
        expiry = () if expires_at is None else ("PXAT", str(max(1, int(expires_at.timestamp() * 1000))))
        self.lines.append(("SET", name, value, *expiry))

    def drop(self, name: str) -> None:
        self.lines.append(("DEL", name))

    def tell(self, view: str, aggregates: Sequence[str]) -> None:
        """Publishes a notice that these documents have changed."""
        self.lines.append(notice(view, aggregates))


def _split(value: Any) -> tuple[int, bytes]:
    return (0, b"") if value is None else keys.split(value)


class ProjectionStore:
    """Raises Unavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._apply = redis.register_script(_APPLY)
        self._miss = redis.register_script(_MISS)
        self._again = redis.register_script(_AGAIN)

    async def open(self, source: Source, earliest: int) -> int:
        """The floor. Where Redis has none it is set to `earliest`: the partition is new, or Redis has lost its data and the
        views are built again."""
        name = keys.floor(*source)
        async with translated():
            await self._redis.set(name, earliest, nx=True)
            floor = await self._redis.get(name)
        return earliest if floor is None else int(floor)

    async def again(self, source: Source, code: str) -> tuple[int | None, bool]:
        """As DomainStore.again, without an epoch: whoever believes in another floor writes nothing."""
        async with translated():
            floor, missed = await self._again(keys=[keys.floor(*source), keys.missed(*source)], args=[code])
        return int(floor) if floor else None, bool(missed)

    async def miss(self, source: Source, offset: int, code: str) -> None:
        """Keeps the offset of an event that could not be applied, if no earlier one is kept. Called before the floor moves."""
        async with translated():
            await self._miss(keys=[keys.missed(*source)], args=[str(offset), code])

    async def load(
        self, source: Source, documents: Sequence[tuple[str, str]]
    ) -> tuple[int | None, list[tuple[int, bytes]]]:
        """The floor (None: lost), and for each (view, aggregate) its version and JSON; version 0 where there is none."""
        names = [keys.floor(*source), *(keys.document(view, aggregate) for view, aggregate in documents)]
        async with translated():
            floor, *values = await self._redis.mget(names)
        return None if floor is None else int(floor), [_split(v) for v in values]

    async def apply(
        self, source: Source, floor: int, next_floor: int, changes: ViewChanges, marks: Sequence[Mark] = ()
    ) -> bool:
        """Writes the changes, and moves the floor from `floor` to `next_floor`. False: it was another, nothing is written."""
        arguments: list[str | bytes] = [str(floor), str(next_floor), str(len(marks))]
        for mark in marks:
            arguments.extend(mark.words())
        for line in changes.lines:
            arguments.append(str(len(line)))
            arguments.extend(line)
        async with translated():
            return await self._apply(keys=[keys.floor(*source)], args=arguments) == b"ok"

    async def floors(self, sources: Sequence[Source]) -> list[int | None]:
        """In the order of the sources; None for one that has none."""
        async with translated():
            values = await self._redis.mget([keys.floor(*source) for source in sources])
        return [None if value is None else int(value) for value in values]
