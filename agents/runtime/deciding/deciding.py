"""Decide: makes events, answers and commands for others of commands, with one look and one write a round."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.committing.rounds import Rounds, Turn
from agents.runtime.deciding import redriving
from agents.runtime.deciding.breaker import Breaker
from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.limits import CLAIMED, WRITTEN, Limits
from agents.runtime.deciding.patience import FactsBehind, Patience
from agents.runtime.deciding.preparing import Fate, Preparation, Preparing
from agents.runtime.deciding.redriving import REDRIVES_AT_ONCE, ParkedQueue, Redriving
from agents.runtime.deciding.unit_of_work import UnitOfWork
from agents.runtime.deciding.working_set import prefetchable_facts
from agents.runtime.sending import letters
from agents.runtime.sending.drain import Drain, Drained
from agents.runtime.sending.timers import Timers
from agents.runtime.transport.lease import Batch, Lease
from stores.errors import BadData, Conflict, TimedOut
from stores.protocol import Changes, ClaimKey, DomainStore, Floor, Moment, Source
from topics.deciding.decision import StalePreparation


class _Turn(Turn):
    """todo: the messages of the part; once they are decided, without those that were done before. claims: values that they want
    to own. poison: why the only message can never be stored.

    queues: key → its parked messages, where a redrive of it is among `todo`. queues_floor: the floor when they were read.
    """

    def __init__(
        self, batch: Batch, first: int, after: int, todo: Sequence[Arrival], claims: Iterable[ClaimKey],
        breaker: Breaker, poison: str | None,
    ) -> None:  # fmt: skip
        self.breaker = breaker
        self.todo = todo
        self.poison = poison
        self.claims = list(claims)
        self.queues: Mapping[str, ParkedQueue] = {}
        self.queues_floor: Floor | None = None
        ids = [id for a in todo for id in (a.inbox_key, *a.earlier)]
        touches = [*(a.key for a in todo if a.key is not None), *ids, *self.claims]
        super().__init__(batch, first, after, messages=len(todo), touches=touches)

    def begins_with(self, left: Set[str]) -> bool:
        """Whether its first message needs a state that the look has left out, for its size."""
        return bool(left) and bool(self.todo) and self.todo[0].key in left

    @property
    def every(self) -> Sequence[Arrival]:
        """The messages that are decided: those of the log, and after a redrive the parked ones that were read of its key."""
        if not self.queues:
            return self.todo
        return [each for arrival in self.todo for each in redriving.with_redriven(arrival, self.queues)]


class Deciding(Drained):
    """The work (agents.runtime.transport.work.Work) of one command topic."""

    def __init__(
        self, roles: Roles, store: DomainStore, drain: Drain, fate: Fate,
        preparation: Preparation | None = None,
    ) -> None:  # fmt: skip
        super().__init__(store, drain)
        self._roles = roles
        self._preparing = Preparing(roles.decider, store, fate, preparation)
        self._redriving = Redriving(roles.commands, store, self._preparing)
        self._patience = Patience()
        self._breakers: dict[Source, tuple[Lease, Breaker]] = {}
        self._limits = defaultdict[Source, Limits](Limits)
        self._rounds = Rounds[_Turn](drain, self._decide)
        self._timers = Timers(drain)

    async def open(self, lease: Lease, earliest: int) -> None:
        await super().open(lease, earliest)
        self._timers.watch(lease)

    async def run(self, batch: Batch) -> None:
        if batch.arrivals is None:
            batch.arrivals = self._read(batch)
        first, limits = batch.first, self._limits[batch.lease.source]
        while first < batch.next:
            todo = [arrival for arrival in batch.arrivals if arrival.offset >= first]
            most = self._few_claims(todo, self._preparing.together(todo, _most(todo, limits.messages)))
            after = batch.next if most == len(todo) else todo[most].offset
            todo = todo[:most]
            try:
                first = await self._together(batch, todo, first, after)
            except TimedOut:
                limits.halve()
                raise
            # After each part: before the next one the partition may stand still for minutes (breaker.py).
            self._timers.written(batch.lease.source)

    def _read(self, batch: Batch) -> list[Arrival]:
        incarnation = batch.lease.incarnation
        found = [arrivals.read(self._roles.commands, incarnation, record, keyed=True) for record in batch.records]
        for arrival in found:
            redriving.recognise(arrival)
            if not redriving.is_redrive(arrival):  # a redrive is for the partition whose messages are parked
                arrival.astray = self._is_astray(arrival, batch.lease.source.partition)
        return found

    def _is_astray(self, arrival: Arrival, partition: int) -> bool:
        commands = self._roles.commands
        return letters.is_astray(commands, arrival, partition, self._drain.counts.of(commands))

    async def _together(self, batch: Batch, todo: Sequence[Arrival], first: int, after: int) -> int:
        try:
            return await self._join(batch, todo, first, after)
        except BadData:
            # The store refuses the data of one of the messages, and does not say of which: decide them one by one.
            return await self._singly(batch, todo, first, after)

    async def _singly(self, batch: Batch, todo: Sequence[Arrival], first: int, end: int) -> int:
        for place, arrival in enumerate(todo, 1):
            after = end if place == len(todo) else arrival.offset + 1
            try:
                first = await self._join(batch, [arrival], first, after)
            except BadData as error:
                first = await self._join(batch, [arrival], first, after, poison=str(error))
            if first < after:
                break  # a redrive that is not at its end yet: the next message would move the floor past it
        return first

    async def _join(
        self, batch: Batch, todo: Sequence[Arrival], first: int, after: int, poison: str | None = None
    ) -> int:
        """Decides `todo`, which reaches from `first` to before `after`. Returns the offset up to which it came."""
        breaker = await self._breaker(batch.lease)
        await breaker.wait()
        if self._preparing.needed:
            # To prepare takes long. So take the commands first: what the edge has withdrawn is not prepared, for nobody waits
            # for it any more, and what is prepared cannot be withdrawn.
            await self._preparing.take(todo)
            await self._preparing.slow_work(todo)
        turn = _Turn(batch, first, after, todo, self._claims(todo) if poison is None else (), breaker, poison)
        redrives = [arrival for arrival in todo if redriving.is_redrive(arrival)]
        if redrives and poison is None:
            await self._read_parked(turn, redrives)
        done = await self._rounds.join(turn)
        self._limits[turn.source].written(len(turn.todo))
        breaker.written(done)
        return done

    async def _breaker(self, lease: Lease) -> Breaker:
        held = self._breakers.get(lease.source)
        if held is None or held[0] is not lease:
            held = self._breakers[lease.source] = lease, Breaker(lease, await self._store.raised(lease.source))
        return held[1]

    async def _read_parked(self, turn: _Turn, redrives: Sequence[Arrival]) -> None:
        """Reads, repairs and prepares the messages that are to be redriven. Before the round, since it may take long."""
        turn.queues_floor, turn.queues = await self._redriving.read(turn.source, redrives)
        turn.claims = list(self._claims(turn.every))
        turn.alone = True

    async def _decide(self, turns: Sequence[_Turn]) -> tuple[Moment, Mapping[_Turn, Changes]]:
        every = [arrival for turn in turns for arrival in turn.every]
        keys = list({arrival.key: None for arrival in every if arrival.key is not None})
        guessed = prefetchable_facts(self._roles.decider, every)
        look = self._store.look(
            [turn.source for turn in turns],
            ids=[id for arrival in every for id in (arrival.inbox_key, *arrival.earlier)], keys=keys, facts=guessed,
            claims=list(dict.fromkeys(claim for turn in turns for claim in turn.claims)),
        )  # fmt: skip
        taking = self._preparing.take([arrival for turn in turns for arrival in turn.todo])
        moment, _ = await asyncio.gather(look, taking)
        unit = UnitOfWork(self._roles, moment)
        unit.working_set.learn(guessed, moment.facts)
        found: dict[_Turn, Changes] = {}
        for turn in turns:
            if unit.weight > WRITTEN:
                turn.put_off = True
                continue
            changes = await self._one(unit, moment, turn)
            if changes is not None:
                changes.raised = turn.breaker.news
                found[turn] = changes
                self._timers.set(turn.source, changes.timers)
        return moment, found

    async def _one(self, unit: UnitOfWork, moment: Moment, turn: _Turn) -> Changes | None:
        """What a turn changes. None: nothing is to do, it is put off, or it has failed; the unit is as before then."""
        done = self._begun(moment, turn)
        if done is None:
            return None
        needs_facts = bool(self._roles.decider.fact_tables) and turn.poison is None
        if needs_facts and not await self._has_facts(unit, turn):
            return None
        unit.begin_partition(turn.source, turn.lease.incarnation)
        turn.breaker.begin(done)
        first = next(iter(turn.todo), None)  # a batch of transaction markers has no message
        for arrival in turn.todo:
            if turn.breaker.full:
                return unit.end_partition(arrival.offset)
            if unit.released and self._wants_what_was_released(unit, arrival, turn):
                if arrival is not first:
                    return unit.end_partition(arrival.offset)
                turn.put_off = True
                return None
            if arrival is not first:
                if unit.weight > WRITTEN or arrival.key in moment.left:
                    return unit.end_partition(arrival.offset)
                if needs_facts and arrival.message is not None:
                    await self._learn(turn, unit, (arrival,))
            try:
                unit.begin_message(arrival)
                self._take(unit, arrival, turn)
            except StalePreparation:
                if arrival is first and not (unit.changes.inbox or unit.changes.unpark):
                    return turn.fail(Conflict("prepared on a state that has changed"))
                return unit.end_partition(arrival.offset)  # write what came before it, which may be what made it stale
        return unit.end_partition(turn.after)

    def _begun(self, moment: Moment, turn: _Turn) -> int | None:
        """Leaves those messages in `todo` that are still to be decided. Returns the offset below which everything is done.
        None: nothing is to do, the turn is put off, or it has failed."""
        progress = turn.progress(moment)
        if progress is None:
            turn.todo = ()
            return None
        if turn.queues_floor not in (None, moment.floors[turn.source]):
            return turn.fail(Conflict("what is parked was read at another floor"))
        # What is done needs no state. The next look is not to bring it again, and the state of the first message is in it then.
        turn.todo = [arrival for arrival in turn.todo if arrival.offset >= progress.done]
        if turn.begins_with(moment.left):
            turn.put_off = True
            return None
        return progress.done

    async def _has_facts(self, unit: UnitOfWork, turn: _Turn) -> bool:
        """Reads the facts that the messages need. False: one is older than its caller has seen, and the turn has failed."""
        await self._learn(turn, unit, turn.every)
        try:
            self._patience.wait_for_facts(unit, turn.todo)
        except FactsBehind as behind:
            turn.fail(behind)
            return False
        return True

    @staticmethod
    def _wants_what_was_released(unit: UnitOfWork, arrival: Arrival, turn: _Turn) -> bool:
        return any(map(unit.wants_what_was_released, redriving.with_redriven(arrival, turn.queues)))

    def _take(self, unit: UnitOfWork, arrival: Arrival, turn: _Turn) -> None:
        if not redriving.is_redrive(arrival):
            unit.handle(arrival, turn.poison)
            if unit.raised is not None:
                turn.breaker.note(arrival.offset, unit.raised)
        elif turn.poison is None:
            self._redriving.carry_out(unit, arrival, turn.queues, self._limits[turn.source].messages)
        else:
            self._redriving.refuse(unit, arrival, turn.poison)

    async def _learn(self, turn: _Turn, unit: UnitOfWork, asked: Sequence[Arrival]) -> None:
        missing = unit.working_set.missing_facts([a for a in asked if a.error is None and not redriving.is_redrive(a)])
        if missing:
            unit.working_set.learn(missing, (await self._store.look([turn.source], facts=missing)).facts)

    def _few_claims(self, todo: Sequence[Arrival], most: int) -> int:
        """How many of the first messages, `most` at most, want few enough values for one look."""
        if self._roles.decider.claims_nothing:
            return most
        wanted = set[ClaimKey]()
        for place, arrival in enumerate(todo[:most]):
            wanted.update(self._claims((arrival,)))
            if place and len(wanted) > CLAIMED:
                return place
        return most

    def _claims(self, every: Iterable[Arrival]) -> Iterable[ClaimKey]:
        if self._roles.decider.claims_nothing:
            return ()
        wanted: dict[ClaimKey, None] = {}
        for arrival in every:
            skip = arrival.message is None or redriving.is_redrive(arrival) or arrival.expired
            if not skip and arrival.key is not None:
                try:
                    wanted.update(dict.fromkeys(self._roles.claims(arrival)))
                except Exception as error:
                    arrival.broken = error
        return wanted


def _most(todo: Sequence[Arrival], messages: int) -> int:
    """How many of these make one part of a batch, if it may have so many messages."""
    redrives = [place for place, arrival in enumerate(todo[:messages]) if redriving.is_redrive(arrival)]
    return redrives[REDRIVES_AT_ONCE] if len(redrives) > REDRIVES_AT_ONCE else min(messages, len(todo))
