"""The record of a view's generations (topics.keys.generations): which one readers use, which one is being built, which one they
used before, and which ones are to be removed.

All processes read and change it. A change happens only if the record is still as it was read (compare and set); False says that
it was not. The change that ends a generation deletes its floors, too: without a floor nobody writes into it any more.
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

GRACE_SECONDS = 10
"""After a switch nothing is removed for so long. Requests of the edge that began before it read the generation before to their
end; they take 3 s at most."""
_STEP = 500  # keys that are scanned and removed together: Redis answers others in between
_REMOVER_SECONDS = 30  # after which another process may remove keys, where the one that did has stopped

RUNNING_SECONDS = 10  # after which a release counts as ended when none of its processes has said that it runs


class Generation(msgspec.Struct, frozen=True):
    """tag: stands in the names of its keys, as `@3`. form: of its documents, see topics.deciding.projection.View.form. group:
    the consumer group that writes it. partitions: how many the topic had when the generation began or was widened last."""

    tag: str
    form: str
    group: str
    topic: str
    partitions: int

    def floors(self, view: str) -> list[str]:
        """Keys of its floors, in the order of the partitions."""
        return [keys.floor(view, self.tag, self.group, self.topic, p) for p in range(self.partitions)]


class Generations(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one view. count: how many have begun. live: the one that readers use. next: the one that is being built. gone: tags of
    those whose keys are to be removed.

    previous: the one that readers used before the last switch. Nobody writes into it. It is kept so that readers can be
    switched back, and ends when another one begins: so Redis holds a view twice at most."""

    count: int = 0
    live: Generation | None = None
    next: Generation | None = None
    previous: Generation | None = None
    gone: tuple[str, ...] = ()

    @property
    def standing(self) -> set[str]:
        """Tags whose keys must stay."""
        return {each.tag for each in (self.live, self.next, self.previous) if each is not None}

    def of_form(self, form: str) -> list[Generation]:
        """Those that a process whose view has this form can write."""
        return [each for each in (self.live, self.next) if each is not None and each.form == form]


_encode = msgspec.json.encode
_decoder = msgspec.json.Decoder(Generations)


class GenerationsRecord(NamedTuple):
    """The record of a view as it was read. raw: its JSON, empty if there was none. now: what it says."""

    view: str
    raw: bytes
    now: Generations

    @classmethod
    def of(cls, view: str, value: bytes | str | None) -> "GenerationsRecord":
        raw = value.encode() if isinstance(value, str) else value or b""
        return cls(view, raw, _decoder.decode(raw) if raw else Generations())


class WayBack(NamedTuple):
    """The generation `previous`. behind: how many events that readers see it does not show. seconds: for which it is still
    kept."""

    tag: str
    behind: int
    seconds: int


class ViewGenerations:
    """Reads and changes the records. Everything raises Unavailable. back_seconds: for which the generation before a switch is
    kept; 0: it is removed."""

    def __init__(self, redis: Redis, back_seconds: int = 0) -> None:
        self._redis = redis
        self._back_seconds = back_seconds
        self._change = redis.register_script(scripts.CHANGE)
        self._switch = redis.register_script(scripts.SWITCH)
        self._back = redis.register_script(scripts.BACK)
        self._floor = redis.register_script(scripts.FLOOR)
        self._running = redis.register_script(scripts.RUNNING)

    async def read(self, views: Sequence[str]) -> dict[str, GenerationsRecord]:
        if not views:
            return {}
        async with translated():
            values = await self._redis.mget([keys.generations(view) for view in views])
        return {view: GenerationsRecord.of(view, value) for view, value in zip(views, values, strict=True)}

    async def running(self, forms: Mapping[str, str]) -> list[tuple[GenerationsRecord, list[str]]]:
        """Tells Redis that a process runs that writes these forms. forms: by view. Returns for each view, in their order, its
        record and the forms that running processes write."""
        names = [name for view in forms for name in (keys.running(view), keys.generations(view))]
        async with translated():
            found = await self._running(keys=names, args=[RUNNING_SECONDS, *forms.values()])
        return [
            (GenerationsRecord.of(view, raw), [each.decode() for each in running])
            for view, (raw, running) in zip(forms, found, strict=True)
        ]

    async def names(self) -> list[str]:
        """Of the views that have a record, sorted."""
        prefix = keys.generations("")
        async with translated():
            return sorted(
                [name.decode().removeprefix(prefix) async for name in self._redis.scan_iter(keys.GENERATIONS)]
            )

    async def floors(self, view: str, generation: Generation) -> list[int | None]:
        """In the order of the partitions; None for one in which it has no floor."""
        async with translated():
            values = await self._redis.mget(generation.floors(view))
        return [None if value is None else int(value) for value in values]

    async def misses(self, view: str, generation: Generation) -> bool:
        """Whether it lacks events that the code that came by them could not apply (agents/runtime/reading/missed.py)."""
        place = (view, generation.tag, generation.group, generation.topic)
        names = [keys.missed(*place, partition) for partition in range(generation.partitions)]
        async with translated():
            return bool(await self._redis.exists(*names))

    async def forms(self, view: str) -> list[str]:
        """The forms of the view that running processes write."""
        async with translated():
            now, _ = await self._redis.time()
            found = await self._redis.zrangebyscore(keys.running(view), now - RUNNING_SECONDS, "+inf")
        return [each.decode() for each in cast(list[bytes], found)]

    async def begin(self, record: GenerationsRecord, form: str, group: str, topic: str, partitions: int) -> bool:
        """Begins a generation beside the live one. It ends one that was being built, and the one before the last switch. False:
        the record has changed."""
        new = Generation(f"@{record.now.count + 1}", form, group, topic, partitions)
        return await self._begin(record, new, ())

    async def _begin(self, record: GenerationsRecord, new: Generation, delete: Iterable[str]) -> bool:
        """delete: keys of more floors that go with this change."""
        now, view = record.now, record.view
        gone = _and(_and(now.gone, now.next), now.previous)
        after = replace(now, count=now.count + 1, next=new, previous=None, gone=gone)
        return await self._swap(record, after, (*_floors(view, now.next), *_floors(view, now.previous), *delete))

    async def back(self, record: GenerationsRecord) -> bool:
        """Makes the generation before the last switch the one that is being built: the agents apply to it the events that have
        come since, and then readers are switched to it. Where it lacks events that its code could not apply, its floors go back
        to the first of them. False: the record has changed, or no such generation is kept."""
        view, previous, live = record.view, record.now.previous, record.now.live
        if previous is None or live is None:
            return False
        after = replace(
            record.now, previous=None, next=replace(previous, partitions=max(previous.partitions, live.partitions))
        )
        places = list[str]()  # see scripts.BACK
        for partition, floor in enumerate(previous.floors(view)):
            place = (view, previous.tag, previous.group, previous.topic, partition)
            places += (floor, keys.missed(*place), keys.shown_up_to(*place))
        names = [keys.generations(view), keys.previous(view)]
        async with translated():
            return bool(await self._back(keys=names, args=[record.raw, _encode(after), *places]))

    async def way_back(self, record: GenerationsRecord) -> WayBack | None:
        """None if no generation before is kept."""
        live, previous = record.now.live, record.now.previous
        if live is None or previous is None:
            return None
        async with translated():
            seconds = await self._redis.ttl(keys.previous(record.view))
        of_live, of_previous = await self.floors(record.view, live), await self.floors(record.view, previous)
        of_previous += [None] * (len(of_live) - len(of_previous))  # the topic may have more partitions by now
        behind = sum(max(0, (now or 0) - (then or 0)) for now, then in zip(of_live, of_previous, strict=True))
        return WayBack(previous.tag, behind, max(0, seconds))

    async def end_way_back(self, record: GenerationsRecord) -> bool:
        """Ends the generation before the last switch if its time is over. Returns whether this call has ended it."""
        async with translated():
            if record.now.previous is None or await self._redis.exists(keys.previous(record.view)):
                return False
        after = replace(record.now, previous=None, gone=_and(record.now.gone, record.now.previous))
        return await self._swap(record, after, _floors(record.view, record.now.previous))

    async def give_up(self, record: GenerationsRecord) -> bool:
        """Ends the generation that is being built. False: the record has changed."""
        after = replace(record.now, next=None, gone=_and(record.now.gone, record.now.next))
        return await self._swap(record, after, _floors(record.view, record.now.next))

    async def restart(self, record: GenerationsRecord) -> bool:
        """Begins a generation since the topic was made anew: offsets of the old log mean nothing in it. So the live one loses
        its floors; readers use it as it is until the new one is complete. False: the record has changed."""
        before = record.now.next or record.now.live
        if before is None:
            return True
        new = replace(before, tag=f"@{record.now.count + 1}")
        return await self._begin(record, new, _floors(record.view, record.now.live))

    async def widen(self, record: GenerationsRecord, partitions: int) -> bool:
        """Enters that the topic has so many partitions now. False: the record has changed."""
        live, building = (
            each and replace(each, partitions=max(each.partitions, partitions))
            for each in (record.now.live, record.now.next)
        )
        return await self._swap(record, replace(record.now, live=live, next=building), ())

    async def set_floor(self, record: GenerationsRecord, generation: Generation, partition: int, offset: int) -> bool:
        """Gives the generation a floor in a partition, unless it has one. False: the record has changed."""
        floor = keys.floor(record.view, generation.tag, generation.group, generation.topic, partition)
        async with translated():
            return bool(await self._floor(keys=[keys.generations(record.view), floor], args=[record.raw, offset]))

    async def switch(self, record: GenerationsRecord) -> bool:
        """Makes the generation that is being built the one that readers use, if it shows at least what the live one shows. The
        live one is kept for the way back, or ended. Returns whether readers were switched."""
        view, now, new = record.view, record.now, record.now.next
        if new is None:
            return False
        with_previous = replace(now, live=new, next=None, previous=now.live)
        without = replace(now, live=new, next=None, gone=_and(now.gone, now.live))
        old_tag, places = now.live.tag if now.live else "", list[str]()  # see scripts.SWITCH
        for partition, floor in enumerate(new.floors(view)):
            old = (view, old_tag, new.group, new.topic, partition)
            places += (floor, keys.floor(*old), keys.shown_up_to(*old))
        _, channel, message = notice(view, [])
        caught_up = keys.caught_up(view, new.tag)
        names = [keys.generations(view), keys.view_ready(view), keys.grace(view), caught_up, keys.previous(view)]
        arguments = [
            record.raw, _encode(with_previous), _encode(without), new.tag, GRACE_SECONDS, self._back_seconds,
            channel, message, new.partitions, *places,
        ]  # fmt: skip
        async with translated():
            return bool(await self._switch(keys=names, args=arguments))

    async def remove(self, record: GenerationsRecord) -> int:
        """Removes the keys of all generations that have ended. Does nothing within GRACE_SECONDS after a switch, or while
        another process removes keys of the view. Returns how many keys were removed."""
        view = record.view
        if not record.now.gone:
            return 0
        async with translated():
            if await self._redis.exists(keys.grace(view)):
                return 0
            if not await self._redis.set(keys.removing(view), "1", ex=_REMOVER_SECONDS, nx=True):
                return 0
            try:
                removed = await self._remove_keys(record)
            finally:
                await self._redis.delete(keys.removing(view))
        await self._forget(record)
        return removed

    async def _remove_keys(self, record: GenerationsRecord) -> int:
        """Removes the keys of all generations but those that the record names as standing; `gone` is not asked, since a release
        that knows no `previous` leaves it out of the record without putting it into `gone`."""
        removed, cursor, is_ended = 0, 0, _is_ended(record)
        while True:
            cursor, names = cast(
                tuple[int, list[bytes]], await self._redis.scan(cursor, match=f"*:{record.view}@*", count=_STEP)
            )
            dead = [name for name in names if is_ended(name.decode(errors="replace"))]
            if dead:
                removed += await self._redis.unlink(*dead)
            await self._redis.expire(keys.removing(record.view), _REMOVER_SECONDS)
            if not cursor:
                return removed

    async def remove_untagged(self) -> int:
        """Removes what a release without generations has left: its ready keys first, so that nobody reads half of it. Returns
        how many other keys. Safe to call again after a kill."""
        removed, cursor = 0, 0
        async with translated():
            if not await self._redis.exists(keys.BEFORE_GENERATIONS):
                return 0
            ready = [name async for name in self._redis.scan_iter(keys.view_ready("*"), _STEP)]
            await self._redis.delete(keys.DENY_READY, *ready)
            while True:
                cursor, names = cast(tuple[int, list[bytes]], await self._redis.scan(cursor, count=_STEP))
                dead = [name for name in names if keys.is_untagged(name.decode(errors="replace"))]
                if dead:
                    removed += await self._redis.unlink(*dead)
                if not cursor:
                    break
            await self._redis.delete(keys.BEFORE_GENERATIONS)
        return removed

    async def _forget(self, record: GenerationsRecord) -> None:
        """Takes the tags whose keys were removed out of `gone`. Tries again where the record has changed."""
        while True:
            now = (await self.read([record.view]))[record.view]
            left = tuple(tag for tag in now.now.gone if tag not in record.now.gone)
            if await self._swap(now, replace(now.now, gone=left), ()):
                return

    async def _swap(self, record: GenerationsRecord, after: Generations, dropped: Iterable[str]) -> bool:
        async with translated():
            return bool(
                await self._change(keys=[keys.generations(record.view)], args=[record.raw, _encode(after), *dropped])
            )


def _and(gone: tuple[str, ...], ended: Generation | None) -> tuple[str, ...]:
    return gone if ended is None else (*gone, ended.tag)


def _floors(view: str, generation: Generation | None) -> list[str]:
    return [] if generation is None else generation.floors(view)


def _is_ended(record: GenerationsRecord) -> Callable[[str], bool]:
    """Whether a key is of a generation that had ended when the record was read. One that has begun since has a number above
    `count`."""
    of = re.compile(rf"(?:view|index|side|floor|missed|shown_up_to|caught_up):{re.escape(record.view)}(@(\d+))(?::|$)")
    count, standing = record.now.count, record.now.standing

    def is_ended(name: str) -> bool:
        found = of.match(name)
        return found is not None and int(found[2]) <= count and found[1] not in standing

    return is_ended
