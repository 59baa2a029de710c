"""Makes a domain's store: a new one, one that moves here, or one that was lost.

Redis that has lost its data looks like one that is new. So a store that holds all that belongs into it is marked as whole, and
agents open partitions only in a store that is whole. The mark goes with the data. Who had a partition open before finds no
floor, and without floors nothing is written: so whoever makes a store is alone with it.
"""

import contextlib
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

from stores.protocol import Floor, InboxKey, ParkedRow, Source, Stored
from stores.redis_authority import encoding
from stores.redis_authority.connections import Connections, Script, one_connection
from stores.redis_authority.encoding import names, packed
from stores.redis_authority.names import prefix, reader_name, source_name
from stores.redis_authority.scripts import BEGIN

_BITE = 500  # keys or entries: the server answers others between two bites

T = TypeVar("T")
How = Literal["new", "moved", "rebuilt"]

# ARGV: floors, and how the store was made. Agents go on from here on.
_FINISH = Script(
    BEGIN
    + r"""
for _, floor in ipairs(cmsgpack.unpack(ARGV[1])) do redis.call('HSET', P .. 'floor', floor[1], floor[2]) end
redis.call('HSET', P .. 'store', 'made', ARGV[2])
redis.call('DEL', P .. 'complete')
"""
)


class Making:
    """Raises Unavailable, and BadData for what can never be stored."""

    def __init__(self, connections: Connections, domain: str) -> None:
        self._connections = connections
        self._prefix = prefix(domain)
        self.domain = domain

    async def is_whole(self) -> bool:
        return bool(await self._command("EXISTS", "store"))

    async def is_complete(self) -> bool:
        """Whether everything that moves here is here."""
        return bool(await self._command("EXISTS", "complete"))

    async def complete(self, how: How) -> None:
        """Everything that moves here is here. Whether it is gone where it was, nobody knows yet."""
        await self._command("SET", "complete", how)

    async def clear(self) -> None:
        """Deletes all that is there of the domain, the mark first."""
        await self._command("DEL", "store", self._prefix + "complete")
        pattern, cursor = "".join(f"\\{c}" if c in "*?[]\\" else c for c in self._prefix) + "*", b"0"
        while True:
            cursor, keys = await self._connections.call("SCAN", cursor, "MATCH", pattern, "COUNT", _BITE)
            if keys:
                await self._connections.call("UNLINK", *keys)
            if int(cursor) == 0:
                return

    async def put_floors(self, floors: Mapping[Source, Floor]) -> None:
        """For a store that no agent has open, since it is written as agents write."""
        for source, floor in floors.items():
            await self._command("HSET", "floor", source_name(source), _text(floor))

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        """Of those that exist."""
        values = await self._command("HMGET", "state", *map(names, ids)) if ids else ()
        return {id: encoding.stored(value) for id, value in zip(ids, values, strict=True) if value is not None}

    async def put_states(self, states: Mapping[str, Stored]) -> None:
        for some in _bites(list(states.items())):
            words = [word for id, state in some for word in (names(id), encoding.versioned(*state))]
            await self._command("HSET", "state", *words)

    async def put_inbox(self, entries: Sequence[tuple[InboxKey, str | None, datetime]]) -> None:
        """Messages that are done, with their outcome, and when they came."""
        for some in _bites(entries):
            outcomes = [word for id, outcome, _ in some for word in (names(*id), encoding.remembered(outcome))]
            times = [word for id, _, at in some for word in (int(at.timestamp() * 1000), names(*id))]
            await self._command("HSET", "inbox", *outcomes)
            await self._command("ZADD", "inbox:at", *times)

    async def put_parked(self, parked: Sequence[tuple[Source, ParkedRow]]) -> None:
        """In their order. The store has none yet."""
        for seq, (source, row) in enumerate(parked, 1):
            name, place = encoding.parked_name(source, row), names(reader_name(source), row.key)
            await self._command("HSET", "parked", str(seq), encoding.parked_value(source, row))
            await self._command("HSET", "parked:name", str(seq), name)
            await self._command("ZADD", "parked:as", 0, f"{name}\0{seq}")
            await self._command("ZADD", f"parked:of:{place}", seq, str(seq))
            await self._command("HINCRBY", "parked:keys", place, 1)
        await self._command("SET", "parked:seq", len(parked))

    async def finish(self, floors: Mapping[Source, Floor], how: How) -> None:
        """Floors and mark at once."""
        said = [(source_name(source), _text(floor)) for source, floor in floors.items()]
        await self._connections.run(_FINISH, self._prefix, packed(said), how)

    async def _command(self, name: str, key: str = "", *words: str | bytes | int) -> Any:
        return await self._connections.call(name, self._prefix + key, *words)


def _text(floor: Floor) -> str:
    return f"{floor.next} {floor.incarnation} {floor.epoch}"


def _bites(every: Sequence[T]) -> Iterable[Sequence[T]]:
    return (every[first : first + _BITE] for first in range(0, len(every), _BITE))


@contextlib.asynccontextmanager
async def open_making(url: str, domain: str) -> AsyncGenerator[Making]:
    """Raises Unavailable when it is asked."""
    async with one_connection(url) as connections:
        yield Making(connections, domain)
