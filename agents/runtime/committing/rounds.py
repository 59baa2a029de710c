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
    """done: everything before this offset is done. publishing: ends when the outbox rows of the turn are published."""

    done: int
    publishing: Publishing | None


class Turn:
    """A part of one batch on its way through a round: the offsets from `first` to before `after`.

    messages: how many. touches: the aggregates, message ids and claims that it may change; two turns of one round, or of two
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
        """Ends this turn with the error; the others of its round go on."""
        if not self.result.done():
            self.result.set_exception(error)

    def progress(self, moment: Moment) -> Progress | None:
        """How much of the turn is done already. None where all of it is, or where the floor forbids it: then the turn has
        failed with Reopen or Doubt."""
        floor = moment.floors.get(self.source)
        try:
            found = progress_of(self.batch, floor, self.first)
        except (Reopen, Doubt) as error:
            self.fail(error)
            return None
        self.surprised = found.surprised or self.lease.doubtful
        return found if found.done < self.after else None


T = TypeVar("T", bound=Turn)
Decide = Callable[[Sequence[T]], Awaitable[tuple[Moment, Mapping[T, Changes]]]]
"""Looks at the store and decides all turns: the moment, and what each turn changes. A turn that is missing there had nothing to
do, has failed, or is put off. An exception concerns all turns."""


def changed(turns: Sequence[T], moment: Moment, changes: Callable[[T, int], Changes]) -> Mapping[T, Changes]:
    """What each turn changes that is not done yet. changes: of a turn from an offset on, below which everything is done."""
    found: dict[T, Changes] = {}
    for turn in turns:
        progress = turn.progress(moment)
        if progress is not None:
            found[turn] = changes(turn, progress.done)
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

    async def join(self, turn: T) -> int:
        """Returns the offset up to which the turn is done, when what it led to is published. Raises Doubt, Reopen, BadData, or
        what the decision raises."""
        self._waiting.append(turn)
        self._begin()
        try:
            written = await turn.result
            if turn.surprised:
                await self._drain.left(turn.lease)
                turn.lease.doubtful = False
            elif written.publishing is not None:
                await self._drain.out(turn.lease, written.publishing)
        except Unavailable:
            turn.lease.doubtful = True
            raise
        return written.done

    def _begin(self) -> None:
        while self._waiting and self._may_begin():
            turns = self._choose()
            if not turns:
                return
            task = asyncio.create_task(self._round(turns))
            self._touched[task] = frozenset[Any]().union(*(turn.touches for turn in turns))
            late = asyncio.get_running_loop().call_later(LATE, self._is_late, task)
            task.add_done_callback(lambda ended, late=late: self._ended(ended, late))

    def _may_begin(self) -> bool:
        """Small batches wait for the end of the round under way, and make a larger one together (measured by `bench load`).
        They do not wait for one that is late."""
        if not self._touched:
            return True
        many = bool(self._late) or sum(turn.messages for turn in self._waiting) >= MANY
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
        """The turns of the next round, in the order in which they came. A turn waits on if it touches something that a round
        under way, a chosen turn, or a turn waiting before it touches."""
        chosen, rest, messages = list[T](), list[T](), 0
        touched = set[Any]().union(*self._touched.values())
        for turn in self._waiting:
            if turn.result.done():
                continue  # its batch was cancelled meanwhile
            fits = not chosen or not (turn.alone or chosen[0].alone or messages + turn.messages > MOST)
            if fits and touched.isdisjoint(turn.touches):
                chosen.append(turn)
                messages += turn.messages
            else:
                rest.append(turn)
            touched |= turn.touches
        self._waiting = rest
        return chosen

    async def _round(self, turns: Sequence[T]) -> None:
        try:
            async with self._around():
                moment, changes = await self._decide(turns)
                if changes:
                    await self._write(moment, changes)
            for turn in turns:
                if turn not in changes and not turn.put_off:
                    turn.settle(Written(turn.after, None))
        except Stale as stale:
            moved = [turn for turn in turns if turn.source in stale.sources]
            for turn in moved:
                turn.fail(stale)
            others = [turn for turn in turns if turn not in moved]
            self._apart(others, stale) if not moved else self._again(others)
        except Doubt as doubt:
            self._fail(turns, doubt)
        except Exception as error:  # BadData, or a bug in the domain's code or in ours; one of the turns is the cause
            self._apart(turns, error)
        self._again([turn for turn in turns if turn.put_off])

    async def _write(self, moment: Moment, changes: Mapping[T, Changes]) -> None:
        await self._drain.write(moment, {turn.lease: change for turn, change in changes.items()})
        rows = {turn.lease: c.outbox for turn, c in changes.items() if c.outbox and not turn.surprised}
        publishing = self._drain.send(rows) if rows else None
        for turn, change in changes.items():
            turn.settle(Written(change.next, publishing if turn.lease in rows else None))

    def _apart(self, turns: Sequence[T], error: Exception) -> None:
        """Nobody knows which of the turns causes the error: each is tried in a round of its own. One that was alone fails."""
        if len(turns) == 1:
            turns[0].fail(error)
        for turn in turns:
            turn.alone = True
        self._again(turns)

    def _again(self, turns: Sequence[T]) -> None:
        for turn in turns:
            turn.put_off = False
        self._waiting[:0] = [turn for turn in turns if not (turn.result.done() or turn in self._waiting)]

    def _fail(self, turns: Sequence[T], error: Exception) -> None:
        for turn in turns:
            turn.fail(error)
