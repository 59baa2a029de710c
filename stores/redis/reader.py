"""Reads of the edge: all keys that are asked for while an MGET is under way go into the next one, over one connection.

redis-py's cost is by command and by use of its pool, not by key: a trial gave 4,700-6,800 requests/s this way against
3,100-3,500 with a GET each.

Callers ask for places (topics/keys.py). The MGET reads the ready keys of their views along, and is asked again where another
generation was expected: so all values of one MGET are of the generations that stood at that moment.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar, cast

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError, ResponseError

from stores.errors import Unavailable
from stores.listed import Newest
from stores.live_timeout import LiveTimeout
from stores.redis.own_connection import OwnConnection, Word
from stores.redis.tags import Tags
from topics import keys as names

READ_SECONDS = 0.8  # an edge answers within 3 s, also when Redis accepts a connection and does not answer
MAX_KEYS = 2_000  # of an MGET: while Redis runs it, all other clients wait

T = TypeVar("T")
Values = list[bytes | None]
_Wanted = tuple[Sequence[str], asyncio.Future[Values]]
_Range = tuple[Newest, asyncio.Future[list[bytes]]]


class Reader:
    """Every method raises Unavailable within READ_SECONDS."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._connection = OwnConnection(client)
        self._firsts = OwnConnection(client)  # not behind large reads
        self.tags = Tags()
        self._waiting: list[_Wanted] = []
        self._ranges: list[_Range] = []
        self._busy: asyncio.Task[None] | None = None
        self._scheduled = False
        self._loop = asyncio.get_running_loop()

    def get(self, keys: Sequence[str]) -> asyncio.Future[Values]:
        """The values of the keys, in order, None where there is none."""
        future: asyncio.Future[Values] = self._loop.create_future()
        if not keys:  # an MGET without keys is an error
            future.set_result([])
            return future
        self._waiting.append((keys, future))
        self._soon()
        return future

    def newest(self, wanted: Newest) -> asyncio.Future[list[bytes]]:
        """Members of a sorted set of a view, the highest score first. They are asked for with the next MGET, in one write."""
        future: asyncio.Future[list[bytes]] = self._loop.create_future()
        self._ranges.append((wanted, future))
        self._soon()
        return future

    async def look_at(self, view: str) -> None:
        """Learns in which generation the view stands, if this process has not looked yet. It stays for a while after a switch
        (stores.redis.generations.GRACE_SECONDS), and each request looks at the ready key first. Raises Unavailable."""
        if not self.tags.knows(view):
            await self.get([names.view_ready(view)])

    async def put(self, key: str, value: str, seconds: int) -> None:
        """Sets a key of the edge itself, e.g. who owns an operation. seconds: until it expires."""
        await within(lambda: cast(Awaitable[object], self._client.set(key, value, ex=seconds)))

    async def count(self, key: str, seconds: int) -> None:
        """Adds one to a key of the edge itself. seconds: until it expires, from now on. It may count twice if the connection is
        lost."""
        await self._called([("INCR", key), ("EXPIRE", key, str(seconds))])

    async def drop(self, key: str) -> None:
        """Removes a key of the edge itself."""
        await within(lambda: cast(Awaitable[object], self._client.delete(key)))

    async def firsts(self, wanted: Sequence[tuple[str, bytes]], seconds: int) -> list[bytes | None]:
        """Sets each key to its value where the key is not set yet, in one round trip. Returns what they had before, None where
        a key had no value."""
        return await self._called([("SET", key, value, "EX", seconds, "NX", "GET") for key, value in wanted])

    async def _called(self, commands: Sequence[Sequence[Word]]) -> list[bytes | None]:
        """Their answers, in one round trip."""
        answers = await within(lambda: self._firsts.calls(commands))
        if refused := next((each for each in answers if isinstance(each, ResponseError)), None):
            raise Unavailable("redis", type(refused).__name__) from refused
        return answers

    async def close(self) -> None:
        if self._busy is not None:
            self._busy.cancel()
            await asyncio.gather(self._busy, return_exceptions=True)
        await self._connection.close()
        await self._firsts.close()

    def _soon(self) -> None:
        if not self._scheduled and self._busy is None:
            self._scheduled = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        taken, size = 0, 0
        while taken < len(self._waiting) and (taken == 0 or size + len(self._waiting[taken][0]) <= MAX_KEYS):
            size += len(self._waiting[taken][0])
            taken += 1
        if taken or self._ranges:
            batch, self._waiting = self._waiting[:taken], self._waiting[taken:]
            ranges, self._ranges = self._ranges, []
            self._busy = self._loop.create_task(self._answer(batch, ranges))
            self._busy.add_done_callback(self._next)

    def _next(self, _: asyncio.Task[None]) -> None:
        self._busy = None
        if (self._waiting or self._ranges) and not self._scheduled:
            self._flush()

    async def _answer(self, batch: list[_Wanted], ranges: list[_Range]) -> None:
        places: dict[str, int] = {}
        for keys, _ in batch:
            for key in keys:
                places.setdefault(key, len(places))
        try:
            values, members = await within(lambda: self._read(list(places), [wanted for wanted, _ in ranges]))
        except Exception as error:  # whatever it is: callers wait for these futures without a time-out of their own
            for future in (*(each for _, each in batch), *(each for _, each in ranges)):
                if not future.done():
                    future.set_exception(Unavailable("redis", type(error.__cause__ or error).__name__))
            return
        for keys, future in batch:
            if not future.done():
                future.set_result([values[places[key]] for key in keys])
        for (_, future), found in zip(ranges, members, strict=True):
            if future.done():
                continue
            if isinstance(found, ResponseError):
                future.set_exception(Unavailable("redis", type(found).__name__))
            else:
                future.set_result(found)

    async def _read(
        self, places: list[str], ranges: Sequence[Newest]
    ) -> tuple[Values, list[list[bytes] | ResponseError]]:
        """The values of the places and the members of the sorted sets, all in the generations that one MGET found standing."""
        asked = dict[str, str]()  # view → its ready key
        beside = dict[str, str]()
        for place in places:
            if (found := names.placed(place)) is not None:
                beside[found.view] = names.view_ready(found.view)
            elif (view := names.view_of_ready(place)) is not None:
                asked[view] = place
        for each in ranges:
            if (view := names.view_of(each.place)) is not None:
                beside[view] = names.view_ready(view)
        more = [key for view, key in beside.items() if view not in asked]
        asked |= beside
        while True:  # within READ_SECONDS
            commands = [("MGET", *map(self.tags.key, places), *more), *map(self._range, ranges)]
            read, *members = await self._connection.calls(commands)
            if isinstance(read, ResponseError):
                raise read
            values = cast(Values, read)
            ready = dict(zip((*places, *more), values, strict=True))
            news = [self.tags.learn(view, ready[key]) for view, key in asked.items()]
            if not any(news):
                return values[: len(places)], members

    def _range(self, wanted: Newest) -> Sequence[str]:
        key = self.tags.key(wanted.place)
        return "ZREVRANGEBYSCORE", key, "+inf", repr(wanted.lowest), "LIMIT", "0", str(wanted.most)


async def within(ask: Callable[[], Awaitable[T]]) -> T:
    """What `ask` answers within READ_SECONDS; it is asked twice if the connection was lost. Raises Unavailable."""
    try:
        async with LiveTimeout(READ_SECONDS):
            with contextlib.suppress(ConnectionLost):
                return await ask()
            # A pooled connection had died, e.g. by a restart of Redis. To ask twice changes nothing.
            return await ask()
    except (RedisError, OSError, TimeoutError) as error:
        raise Unavailable("redis", type(error).__name__) from error
