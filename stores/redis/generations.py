"""Which generations of a view stand in Redis: the one that readers use, the one that is being built, the one that they used
before, those to be removed.

All processes read and change this record (topics.keys.generations). Each change is guarded: it happens only if the record is
still as it was read. The floors of a generation go in the change that ends it, so nobody writes into it any more.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, cast

import msgspec
from msgspec.structs import replace
from redis.asyncio import Redis

from stores.redis import generation_scripts as scripts
from stores.redis.errors import translated
from stores.redis.notices import notice
from topics import keys

GRACE_SECONDS = (
    10  # a request of the edge takes 3 s at most; those that began before a switch end on the generation before
)
_BITE = 500  # keys: Redis answers others between two bites
_REMOVER_SECONDS = 30

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
    """Of one view. count: how many have begun. live: what readers use. next: what is being built. gone: tags to be removed.

    previous: what readers used before the last switch, for the way back. Nobody writes into it: it stands where it stood then.
    There is none while anything is being built: Redis holds a view twice at most.
    """

    count: int = 0
    live: Generation | None = None
    next: Generation | None = None
    previous: Generation | None = None
    gone: tuple[str, ...] = ()

    @property
    def standing(self) -> set[str]:
        """Tags that are not to be removed."""
        return {each.tag for each in (self.live, self.next, self.previous) if each is not None}

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


class WayBack(NamedTuple):
    """To the generation that readers used before the last switch. behind: events that it lacks of those that readers see.
    seconds: that it is kept from now on."""

    tag: str
    behind: int
    seconds: int


class ViewGenerations:
    """Raises Unavailable. back_seconds: that the generation before a switch is kept for the way back; 0: it is removed."""

    def __init__(self, redis: Redis, back_seconds: int = 0) -> None:
        self._redis = redis
        self._back_seconds = back_seconds
        self._change = redis.register_script(scripts.CHANGE)
        self._switch = redis.register_script(scripts.SWITCH)
        self._back = redis.register_script(scripts.BACK)
        self._floor = redis.register_script(scripts.FLOOR)
        self._running = redis.register_script(scripts.RUNNING)

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

    async def forms(self, view: str) -> list[str]:
        """Forms of the view that processes write which run now."""
        async with translated():
            now, _ = await self._redis.time()
            said = await self._redis.zrangebyscore(keys.running(view), now - RUNNING_SECONDS, "+inf")
        return [each.decode() for each in cast(list[bytes], said)]

    async def begin(self, known: Known, form: str, group: str, topic: str, partitions: int) -> bool:
        """A new generation begins beside the live one; one that was being built is given up, and so is the way back. False:
        somebody was faster."""
        now = known.now
        made = Generation(f"@{now.count + 1}", form, group, topic, partitions)
        return await self._begin(known, made, ())

    async def _begin(self, known: Known, made: Generation, dropped: Iterable[str]) -> bool:
        now, view = known.now, known.view
        gone = _with(_with(now.gone, now.next), now.previous)
        after = replace(now, count=now.count + 1, next=made, previous=None, gone=gone)
        return await self._swap(known, after, (*_floors(view, now.next), *_floors(view, now.previous), *dropped))

    async def back(self, known: Known) -> bool:
        """The generation before is brought up to the live one, and switched to, as if it were being built. False: somebody was
        faster, or there is none."""
        view, previous, live = known.view, known.now.previous, known.now.live
        if previous is None or live is None:
            return False
        after = replace(
            known.now, previous=None, next=replace(previous, partitions=max(previous.partitions, live.partitions))
        )
        stand = list[str]()
        for partition, floor in enumerate(previous.floors(view)):
            place = (view, previous.tag, previous.group, previous.topic, partition)
            stand += (floor, keys.missed(*place), keys.shown_up_to(*place))
        names = [keys.generations(view), keys.previous(view)]
        async with translated():
            return bool(await self._back(keys=names, args=[known.raw, _encode(after), *stand]))

    async def way_back(self, known: Known) -> WayBack | None:
        """None where no generation is kept."""
        live, previous = known.now.live, known.now.previous
        if live is None or previous is None:
            return None
        async with translated():
            seconds = await self._redis.ttl(keys.previous(known.view))
        read, stood = await self.floors(known.view, live), await self.floors(known.view, previous)
        stood += [None] * (len(read) - len(stood))  # the topic may have more partitions by now
        behind = sum(max(0, (at or 0) - (then or 0)) for at, then in zip(read, stood, strict=True))
        return WayBack(previous.tag, behind, max(0, seconds))

    async def end_way_back(self, known: Known) -> bool:
        """The generation before is to be removed if its time is over. Returns whether that is so now."""
        async with translated():
            if known.now.previous is None or await self._redis.exists(keys.previous(known.view)):
                return False
        after = replace(known.now, previous=None, gone=_with(known.now.gone, known.now.previous))
        return await self._swap(known, after, _floors(known.view, known.now.previous))

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
        return await self._begin(known, made, _floors(known.view, known.now.live))

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
        """Readers use the next generation from here on, if it shows at least what the live one shows. The live one is kept for
        the way back, or removed."""
        view, now, made = known.view, known.now, known.now.next
        if made is None:
            return False
        kept = replace(now, live=made, next=None, previous=now.live)
        removed = replace(now, live=made, next=None, gone=_with(now.gone, now.live))
        old, stand = now.live.tag if now.live else "", list[str]()
        for partition, floor in enumerate(made.floors(view)):
            place = (view, old, made.group, made.topic, partition)
            stand += (floor, keys.floor(*place), keys.shown_up_to(*place))
        _, channel, told = notice(view, [])
        marked = keys.caught_up(view, made.tag)
        names = [keys.generations(view), keys.view_ready(view), keys.grace(view), marked, keys.previous(view)]
        said = [
            known.raw, _encode(kept), _encode(removed), made.tag, GRACE_SECONDS, self._back_seconds, channel, told,
            made.partitions, *stand,
        ]  # fmt: skip
        async with translated():
            return bool(await self._switch(keys=names, args=said))

    async def remove(self, known: Known) -> int:
        """Removes the keys of all generations that are gone, in small bites, unless somebody else does or reads may still use
        them. Returns how many keys."""
        view = known.view
        if not known.now.gone:
            return 0
        async with translated():
            if await self._redis.exists(keys.grace(view)):
                return 0
            if not await self._redis.set(keys.removing(view), "1", ex=_REMOVER_SECONDS, nx=True):
                return 0
            try:
                removed = await self._bites(known)
            finally:
                await self._redis.delete(keys.removing(view))
        await self._forget(known)
        return removed

    async def _bites(self, known: Known) -> int:
        """Scans all keys of the view and removes those of generations that the record does not name. So what an older release
        has left goes, too: it drops the generation before from the record when it writes that."""
        removed, cursor, is_ended = 0, 0, _is_ended(known)
        while True:
            cursor, names = cast(
                tuple[int, list[bytes]], await self._redis.scan(cursor, match=f"*:{known.view}@*", count=_BITE)
            )
            dead = [name for name in names if is_ended(name.decode(errors="replace"))]
            if dead:
                removed += await self._redis.unlink(*dead)
            await self._redis.expire(keys.removing(known.view), _REMOVER_SECONDS)
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


def _is_ended(known: Known) -> Callable[[str], bool]:
    """Whether a key is of a generation that has ended. One that begins later has a higher number than any that is known."""
    of = re.compile(rf"(?:view|index|side|floor|missed|shown_up_to|caught_up):{re.escape(known.view)}(@(\d+))(?::|$)")
    count, standing = known.now.count, known.now.standing

    def is_ended(name: str) -> bool:
        found = of.match(name)
        return found is not None and int(found[2]) <= count and found[1] not in standing

    return is_ended
