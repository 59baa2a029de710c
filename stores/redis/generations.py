"""Which generations of a view stand in Redis: the one that readers use, the one that is being built, those to be removed.

All processes read and change this record (topics.keys.generations). Each change is guarded: it happens only if the record is
still as it was read. The floors of a generation go in the change that ends it, so nobody writes into it any more.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

import msgspec
from msgspec.structs import replace
from redis.asyncio import Redis

from stores.redis.errors import translated
from stores.redis.notices import notice
from topics import keys

GRACE_SECONDS = (
    10  # a request of the edge takes 3 s at most; those that began before a switch end on the generation before
)
_BITE = 500  # keys: Redis answers others between two bites
_REMOVER_SECONDS = 30

# KEYS[1] the record. ARGV: the record as it was read, the record after, then keys to delete.
_CHANGE = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
for i = 3, #ARGV do redis.call('DEL', ARGV[i]) end
return 1
"""

# KEYS[1] the record, KEYS[2] the ready key, KEYS[3] the key that stands for the grace, KEYS[4] the set of partitions that have
# caught up. ARGV: the record as it was read, the record after, the new tag, seconds of the grace, channel and notice, number of
# partitions, then for each partition the floor of the new generation, that of the one before, and where this stood before it
# went back for missed events.
# A reader that has seen the one before must see at least as much in the new one. Where the one before has no floor, the new one
# has to be where the log ended when it was opened.
_SWITCH = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
local partitions = tonumber(ARGV[7])
for p = 0, partitions - 1 do
    local new, old, shown = unpack(redis.call('MGET', ARGV[8 + 3 * p], ARGV[9 + 3 * p], ARGV[10 + 3 * p]))
    if not new then return 0 end
    if old and tonumber(new) < math.max(tonumber(old), tonumber(shown or 0)) then return 0 end
    if not old and redis.call('SISMEMBER', KEYS[4], p) == 0 then return 0 end
end
for p = 0, partitions - 1 do redis.call('DEL', ARGV[9 + 3 * p]) end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[3], '1', 'EX', ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[6])
return 1
"""

# KEYS[1] the record, KEYS[2] the floor. ARGV: the record as it was read, the offset.
_FLOOR = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'NX')
return 1
"""

# KEYS: for each view who runs, and its record. ARGV: seconds, then the form of each view.
# The server's clock counts: those of the processes may differ.
_RUNNING = """
local now, found = tonumber(redis.call('TIME')[1]), {}
for i = 1, #KEYS / 2 do
    local name = KEYS[2 * i - 1]
    redis.call('ZADD', name, now, ARGV[i + 1])
    redis.call('ZREMRANGEBYSCORE', name, '-inf', now - ARGV[1])
    redis.call('EXPIRE', name, ARGV[1])
    found[i] = {redis.call('GET', KEYS[2 * i]) or '', redis.call('ZRANGE', name, 0, -1)}
end
return found
"""

RUNNING_SECONDS = 10  # after which a release counts as ended when none of its processes has said that it runs


class Generation(msgspec.Struct, frozen=True):
    """tag: stands in the names of its keys. form: see topics.deciding.projection.View.form. group: whose floors it has.

    partitions: of the topic, when it began.
    """

    tag: str
    form: str
    group: str
    topic: str
    partitions: int

    def floors(self, view: str) -> list[str]:
        """Keys, in the order of the partitions."""
        return [keys.floor(view, self.tag, self.group, self.topic, p) for p in range(self.partitions)]


class Generations(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one view. count: how many have begun. live: what readers use. next: what is being built. gone: tags to be removed."""

    count: int = 0
    live: Generation | None = None
    next: Generation | None = None
    gone: tuple[str, ...] = ()

    def of_form(self, form: str) -> list[Generation]:
        """Those that a process whose view has this form can write."""
        return [each for each in (self.live, self.next) if each is not None and each.form == form]


_encode = msgspec.json.encode
_decoder = msgspec.json.Decoder(Generations)


class Known(NamedTuple):
    """A record as it was read. raw: empty where there is none."""

    view: str
    raw: bytes
    now: Generations

    @classmethod
    def of(cls, view: str, value: bytes | str | None) -> "Known":
        raw = value.encode() if isinstance(value, str) else value or b""
        return cls(view, raw, _decoder.decode(raw) if raw else Generations())


class ViewGenerations:
    """Raises Unavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._change = redis.register_script(_CHANGE)
        self._switch = redis.register_script(_SWITCH)
        self._floor = redis.register_script(_FLOOR)
        self._running = redis.register_script(_RUNNING)

    async def read(self, views: Sequence[str]) -> dict[str, Known]:
        if not views:
            return {}
        async with translated():
            values = await self._redis.mget([keys.generations(view) for view in views])
        return {view: Known.of(view, value) for view, value in zip(views, values, strict=True)}

    async def running(self, forms: Mapping[str, str]) -> list[tuple[Known, list[str]]]:
        """Says that a process with these forms (by view) runs. Returns the records, and the forms of all processes that run."""
        names = [name for view in forms for name in (keys.running(view), keys.generations(view))]
        async with translated():
            found = await self._running(keys=names, args=[RUNNING_SECONDS, *forms.values()])
        return [
            (Known.of(view, record), [each.decode() for each in said])
            for view, (record, said) in zip(forms, found, strict=True)
        ]

    async def names(self) -> list[str]:
        """Of the views that have a record."""
        prefix = keys.generations("")
        async with translated():
            return sorted(
                [name.decode().removeprefix(prefix) async for name in self._redis.scan_iter(keys.GENERATIONS)]
            )

    async def floors(self, view: str, generation: Generation) -> list[int | None]:
        """By partition; None where it has not begun."""
        async with translated():
            values = await self._redis.mget(generation.floors(view))
        return [None if value is None else int(value) for value in values]

    async def misses(self, view: str, generation: Generation) -> bool:
        """Whether it has left events out that its code could not show."""
        place = (view, generation.tag, generation.group, generation.topic)
        names = [keys.missed(*place, partition) for partition in range(generation.partitions)]
        async with translated():
            return bool(await self._redis.exists(*names))

    async def begin(self, known: Known, form: str, group: str, topic: str, partitions: int) -> bool:
        """A new generation begins beside the live one; one that was being built is given up. False: somebody was faster."""
        now = known.now
        made = Generation(f"@{now.count + 1}", form, group, topic, partitions)
        after = replace(now, count=now.count + 1, next=made, gone=_with(now.gone, now.next))
        return await self._swap(known, after, _floors(known.view, now.next))

    async def give_up(self, known: Known) -> bool:
        """What is being built is not wanted any more. False: somebody was faster."""
        after = replace(known.now, next=None, gone=_with(known.now.gone, known.now.next))
        return await self._swap(known, after, _floors(known.view, known.now.next))

    async def restart(self, known: Known) -> bool:
        """The topic is another log now: a new generation is built, and the live one stands as it is until then."""
        before = known.now.next or known.now.live
        if before is None:
            return True
        made = replace(before, tag=f"@{known.now.count + 1}")
        after = replace(known.now, count=known.now.count + 1, next=made, gone=_with(known.now.gone, known.now.next))
        dropped = (*_floors(known.view, known.now.next), *_floors(known.view, known.now.live))
        return await self._swap(known, after, dropped)

    async def widen(self, known: Known, partitions: int) -> bool:
        """The topic has more partitions now."""
        live, building = (
            each and replace(each, partitions=max(each.partitions, partitions))
            for each in (known.now.live, known.now.next)
        )
        return await self._swap(known, replace(known.now, live=live, next=building), ())

    async def set_floor(self, known: Known, generation: Generation, partition: int, offset: int) -> bool:
        """Where it begins in a partition, if that is not known yet. False: the record has changed."""
        floor = keys.floor(known.view, generation.tag, generation.group, generation.topic, partition)
        async with translated():
            return bool(await self._floor(keys=[keys.generations(known.view), floor], args=[known.raw, offset]))

    async def switch(self, known: Known) -> bool:
        """Readers use the next generation from here on, if it shows at least what the live one shows."""
        view, now, made = known.view, known.now, known.now.next
        if made is None:
            return False
        after = replace(now, live=made, next=None, gone=_with(now.gone, now.live))
        old, stand = now.live.tag if now.live else "", list[str]()
        for partition, floor in enumerate(made.floors(view)):
            place = (view, old, made.group, made.topic, partition)
            stand += (floor, keys.floor(*place), keys.shown_up_to(*place))
        _, channel, told = notice(view, [])
        names = [keys.generations(view), keys.view_ready(view), keys.grace(view), keys.caught_up(view, made.tag)]
        said = [known.raw, _encode(after), made.tag, GRACE_SECONDS, channel, told, made.partitions, *stand]
        async with translated():
            return bool(await self._switch(keys=names, args=said))

    async def remove(self, known: Known) -> int:
        """Removes the keys of all generations that are gone, in small bites, unless somebody else does or reads may still use
        them. Returns how many keys."""
        view, gone = known.view, known.now.gone
        if not gone:
            return 0
        async with translated():
            if await self._redis.exists(keys.grace(view)):
                return 0
            if not await self._redis.set(keys.removing(view), "1", ex=_REMOVER_SECONDS, nx=True):
                return 0
            try:
                removed = await self._bites(view, gone)
            finally:
                await self._redis.delete(keys.removing(view))
        await self._forget(known)
        return removed

    async def _bites(self, view: str, gone: Sequence[str]) -> int:
        removed, cursor = 0, 0
        prefixes = tuple(
            f"{kind}:{view}{tag}:"
            for kind in ("view", "index", "side", "floor", "missed", "shown_up_to")
            for tag in gone
        )
        whole = {keys.caught_up(view, tag) for tag in gone}
        while True:
            cursor, names = cast(
                tuple[int, list[bytes]], await self._redis.scan(cursor, match=f"*:{view}@*", count=_BITE)
            )
            dead = [name for name in names if (said := name.decode()).startswith(prefixes) or said in whole]
            if dead:
                removed += await self._redis.unlink(*dead)
            await self._redis.expire(keys.removing(view), _REMOVER_SECONDS)
            if not cursor:
                return removed

    async def remove_untagged(self) -> int:
        """Removes what a release without generations has left: its ready keys first, so that nobody reads half of it. Returns
        how many keys. Safe to call again after a kill."""
        removed, cursor = 0, 0
        async with translated():
            if not await self._redis.exists(keys.BEFORE_GENERATIONS):
                return 0
            ready = [name async for name in self._redis.scan_iter(keys.view_ready("*"), _BITE)]
            await self._redis.delete(keys.DENY_READY, *ready)
            while True:
                cursor, names = cast(tuple[int, list[bytes]], await self._redis.scan(cursor, count=_BITE))
                dead = [name for name in names if keys.is_untagged(name.decode(errors="replace"))]
                if dead:
                    removed += await self._redis.unlink(*dead)
                if not cursor:
                    break
            await self._redis.delete(keys.BEFORE_GENERATIONS)
        return removed

    async def _forget(self, known: Known) -> None:
        """Their keys are gone: the record no longer names them. Other changes of the record may come between."""
        while True:
            now = (await self.read([known.view]))[known.view]
            left = tuple(tag for tag in now.now.gone if tag not in known.now.gone)
            if await self._swap(now, replace(now.now, gone=left), ()):
                return

    async def _swap(self, known: Known, after: Generations, dropped: Iterable[str]) -> bool:
        async with translated():
            return bool(
                await self._change(keys=[keys.generations(known.view)], args=[known.raw, _encode(after), *dropped])
            )


def _with(gone: tuple[str, ...], ended: Generation | None) -> tuple[str, ...]:
    return gone if ended is None else (*gone, ended.tag)


def _floors(view: str, generation: Generation | None) -> list[str]:
    return [] if generation is None else generation.floors(view)
