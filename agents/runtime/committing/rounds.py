"""Group commit: a round is one look and one write for the batches of all partitions that are ready.

Batches that become ready while a round is under way wait, and join the next one together. So with one caller each batch has a
round of its own, and with many callers few writes carry much. A batch joins when it is prepared, so slow preparation holds up
no other batch.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Generic, NamedTuple, TypeVar

from agents.runtime.committing.floor import Progress, progress_of
from agents.runtime.sending.drain import Drain, Publishing
from agents.runtime.transport.lease import Batch, Lease, Reopen
from stores.errors import Doubt, Stale, Unavailable
from stores.protocol import Changes, Moment, Source

AT_ONCE = 2  # rounds under way
# Waiting messages that begin a second round beside the first: one is decided while the store works on the other.
MANY = 64
MOST = 2_000  # messages of a round
# Seconds after which a round waits for the store, e.g. for a lock: then few messages begin a second one, too.
LATE = 0.25


class Written(NamedTuple):
    """done: everything before this offset is done. publishing: ends when the outbox rows of the part are published."""

    done: int
    publishing: Publishing | None


class BatchPart:
    """A part of one batch on its way through a round: the offsets from `first` to before `after`.

    messages: how many. touches: the aggregates, message ids and claims that it may change; two parts of one round, or of two
    rounds under way, never share one. alone: it gets a round of its own. put_off: set by the decision where it could not be
    decided in this round: it joins the next one. surprised: see Progress and Lease.doubtful.
    """

    def __init__(self, batch: Batch, first: int, after: int, *, messages: int, touches: Iterable[Any]) -> None:
        self.batch = batch
        self.first = first
        self.after = after
        self.messages = messages
        self.touches = frozenset(touches)
        self.alone = False
        self.surprised = False
        self.put_off = False
        self.result: asyncio.Future[Written] = asyncio.get_running_loop().create_future()

    @property
    def lease(self) -> Lease:
        return self.batch.lease

    @property
    def source(self) -> Source:
        return self.batch.lease.source

    def settle(self, written: Written) -> None:
        if not self.result.done():
            self.result.set_result(written)

    def fail(self, error: BaseException) -> None:
        """Ends this part with the error; the others of its round go on."""
        if not self.result.done():
            self.result.set_exception(error)

    def progress(self, moment: Moment) -> Progress | None:
        """How much of the part is done already. None where all of it is, or where the floor forbids it: then the part has
        failed with Reopen or Doubt."""
        floor = moment.floors.get(self.source)
        try:
            found = progress_of(self.batch, floor, self.first)
        except (Reopen, Doubt) as error:
            self.fail(error)
            return None
        self.surprised = found.surprised or self.lease.doubtful
        return found if found.done < self.after else None


T = TypeVar("T", bound=BatchPart)
Decide = Callable[[Sequence[T]], Awaitable[tuple[Moment, Mapping[T, Changes]]]]
"""Looks at the store and decides all parts: the moment, and what each part changes. A part that is missing there had nothing to
do, has failed, or is put off. An exception concerns all parts."""


def changed(parts: Sequence[T], moment: Moment, changes: Callable[[T, int], Changes]) -> Mapping[T, Changes]:
    """What each part changes that is not done yet. changes: of a part from an offset on, below which everything is done."""
    found: dict[T, Changes] = {}
    for part in parts:
        progress = part.progress(moment)
        if progress is not None:
            found[part] = changes(part, progress.done)
    return found


class Rounds(Generic[T]):
    """The rounds of one topic in one consumer group. around: every round."""

    def __init__(
        self, drain: Drain, decide: Decide[T], around: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    ) -> None:
        self._drain = drain
        self._decide = decide
        self._around = around
        self._waiting: list[T] = []
        self._touched: dict[asyncio.Task[None], frozenset[Any]] = {}
        self._late: set[asyncio.Task[None]] = set()

    async def join(self, part: T) -> int:
        """Returns the offset up to which the part is done, when what it led to is published. Raises Doubt, Reopen, BadData, or
        what the decision raises."""
        self._waiting.append(part)
        self._begin()
        try:
            written = await part.result
            if part.surprised:
                await self._drain.left(part.lease)
                part.lease.doubtful = False
            elif written.publishing is not None:
                await self._drain.out(part.lease, written.publishing)
        except Unavailable:
            part.lease.doubtful = True
            raise
        return written.done

    def _begin(self) -> None:
        while self._waiting and self._may_begin():
            parts = self._choose()
            if not parts:
                return
            task = asyncio.create_task(self._round(parts))
            self._touched[task] = frozenset[Any]().union(*(part.touches for part in parts))
            late = asyncio.get_running_loop().call_later(LATE, self._is_late, task)
            task.add_done_callback(lambda ended, late=late: self._ended(ended, late))

    def _may_begin(self) -> bool:
        """Small batches wait for the end of the round under way, and make a larger one together (measured by `bench load`).
        They do not wait for one that is late."""
        if not self._touched:
            return True
        many = bool(self._late) or sum(part.messages for part in self._waiting) >= MANY
        return many and len(self._touched) < AT_ONCE

    def _is_late(self, task: asyncio.Task[None]) -> None:
        self._late.add(task)
        self._begin()

    def _ended(self, task: asyncio.Task[None], late: asyncio.TimerHandle) -> None:
        late.cancel()
        self._late.discard(task)
        del self._touched[task]
        self._begin()

    def _choose(self) -> list[T]:
        """The parts of the next round, in the order in which they came. A part waits on if it touches something that a round
        under way, a chosen part, or a part waiting before it touches."""
        chosen, rest, messages = list[T](), list[T](), 0
        touched = set[Any]().union(*self._touched.values())
        for part in self._waiting:
            if part.result.done():
                continue  # its batch was cancelled meanwhile
            fits = not chosen or not (part.alone or chosen[0].alone or messages + part.messages > MOST)
            if fits and touched.isdisjoint(part.touches):
                chosen.append(part)
                messages += part.messages
            else:
                rest.append(part)
            touched |= part.touches
        self._waiting = rest
        return chosen

    async def _round(self, parts: Sequence[T]) -> None:
        try:
            async with self._around():
                moment, changes = await self._decide(parts)
                if changes:
                    await self._write(moment, changes)
            for part in parts:
                if part not in changes and not part.put_off:
                    part.settle(Written(part.after, None))
        except Stale as stale:
            moved = [part for part in parts if part.source in stale.sources]
            for part in moved:
                part.fail(stale)
            others = [part for part in parts if part not in moved]
            self._apart(others, stale) if not moved else self._again(others)
        except Doubt as doubt:
            self._fail(parts, doubt)
        except Exception as error:  # BadData, or a bug in the domain's code or in ours; one of the parts is the cause
            self._apart(parts, error)
        self._again([part for part in parts if part.put_off])

    async def _write(self, moment: Moment, changes: Mapping[T, Changes]) -> None:
        await self._drain.write(moment, {part.lease: change for part, change in changes.items()})
        rows = {part.lease: c.outbox for part, c in changes.items() if c.outbox and not part.surprised}
        publishing = self._drain.send(rows) if rows else None
        for part, change in changes.items():
            part.settle(Written(change.next, publishing if part.lease in rows else None))

    def _apart(self, parts: Sequence[T], error: Exception) -> None:
        """Nobody knows which of the parts causes the error: each is tried in a round of its own. One that was alone fails."""
        if len(parts) == 1:
            parts[0].fail(error)
        for part in parts:
            part.alone = True
        self._again(parts)

    def _again(self, parts: Sequence[T]) -> None:
        for part in parts:
            part.put_off = False
        self._waiting[:0] = [part for part in parts if not (part.result.done() or part in self._waiting)]

    def _fail(self, parts: Sequence[T], error: Exception) -> None:
        for part in parts:
            part.fail(error)
