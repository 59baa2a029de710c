"""Group commit: one look and one write for all partitions that are ready.

While a round is under way, every batch that becomes ready waits, and all of them make the next round. So with one caller a
batch is a round of its own, and with many callers few writes carry much. Who is busy otherwise (preparing, waiting for facts)
has not joined and holds up nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from agents.runtime.committing.floor import Progress, progress_of
from agents.runtime.sending.drain import Drain, Publishing
from agents.runtime.transport.lease import Batch, Lease, Reopen
from stores.errors import Doubt, Stale
from stores.protocol import Changes, DomainStore, Moment, Source

AT_ONCE = 2  # rounds
MANY = 64  # messages that are worth a second round beside the first: the store works on one while the other is decided
MOST = 2_000  # messages of a round


class Written(NamedTuple):
    """done: everything before this offset. publishing: of what it led to."""

    done: int
    publishing: Publishing | None


class Turn:
    """A part of one batch on its way through a round: the offsets from `first` to before `after`.

    touches: aggregates, ids and claims: what stands in one source of a round only. alone: in a round of its own. put_off: set
    by the decision where there was no room for it: it comes again in the next round. surprised: see Progress.
    """

    def __init__(
        self, batch: Batch, first: int, after: int, *, messages: int, touches: Iterable[Any] = (), alone: bool = False
    ) -> None:
        self.batch = batch
        self.first = first
        self.after = after
        self.messages = messages
        self.touches = frozenset(touches)
        self.alone = alone
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
        """Of this turn only: the round goes on without it."""
        if not self.result.done():
            self.result.set_exception(error)

    def progress(self, moment: Moment) -> Progress | None:
        """None where nothing is to do, or the floor is against it: the turn has its result then."""
        floor = moment.floors.get(self.source)
        try:
            found = progress_of(self.batch, floor, self.first)
        except (Reopen, Doubt) as error:
            self.fail(error)
            return None
        self.surprised = found.surprised
        return found if found.done < self.after else None


T = TypeVar("T", bound=Turn)
Decide = Callable[[Sequence[T]], Awaitable[tuple[Moment, Mapping[T, Changes]]]]
"""What the turns change, decided on one moment. A turn that is not in the answer had nothing to do, has failed, or is put off.
Raises for all."""


class Rounds(Generic[T]):
    """Of one topic in one consumer group."""

    def __init__(self, store: DomainStore, drain: Drain, decide: Decide[T]) -> None:
        self._store = store
        self._drain = drain
        self._decide = decide
        self._waiting: list[T] = []
        self._touched: dict[asyncio.Task[None], frozenset[Any]] = {}

    async def join(self, turn: T) -> int:
        """Returns up to where the turn is done and out. Raises Doubt, Reopen, BadData, or what the decision raises."""
        self._waiting.append(turn)
        self._begin()
        written = await turn.result
        if turn.surprised:
            await self._drain.left(turn.lease)
        elif written.publishing is not None:
            await self._drain.out(turn.lease, written.publishing)
        return written.done

    def _begin(self) -> None:
        while self._waiting and self._may_begin():
            turns = self._choose()
            if not turns:
                return
            task = asyncio.create_task(self._round(turns))
            self._touched[task] = frozenset[Any]().union(*(turn.touches for turn in turns))
            task.add_done_callback(self._ended)

    def _may_begin(self) -> bool:
        """Small batches wait for the round that is under way, and make one larger one (measured by `bench load`)."""
        if not self._touched:
            return True
        return len(self._touched) < AT_ONCE and sum(turn.messages for turn in self._waiting) >= MANY

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._touched[task]
        self._begin()

    def _choose(self) -> list[T]:
        """In the order in which they came. What touches something that is under way, or chosen, or waits before it, waits."""
        chosen, rest, messages = list[T](), list[T](), 0
        touched = set[Any]().union(*self._touched.values())
        for turn in self._waiting:
            if turn.result.done():
                continue  # given up meanwhile
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
        except Exception as error:  # BadData, or a bug of the domain's or ours: it concerns one of them
            self._apart(turns, error)
        self._again([turn for turn in turns if turn.put_off])

    async def _write(self, moment: Moment, changes: Mapping[T, Changes]) -> None:
        for turn, change in changes.items():
            change.sent = tuple(turn.lease.sent)
        await self._store.write(moment, {turn.source: change for turn, change in changes.items()})
        for turn, change in changes.items():
            del turn.lease.sent[: len(change.sent)]
        rows = {turn.lease: c.outbox for turn, c in changes.items() if c.outbox and not turn.surprised}
        publishing = self._drain.send(rows) if rows else None
        for turn, change in changes.items():
            turn.settle(Written(change.next, publishing if turn.lease in rows else None))

    def _apart(self, turns: Sequence[T], error: Exception) -> None:
        """Nobody says whose fault it was: each in a round of its own; one that was alone hears of it."""
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
