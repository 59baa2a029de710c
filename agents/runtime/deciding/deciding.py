"""Decide: makes of commands events, answers, and commands for other domains, with one look and one write for each round."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.committing.rounds import BatchPart, Rounds
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


class _Part(BatchPart):
    """todo: its messages; once they are decided, without those that were done before. claims: values that they want
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
        self._rounds = Rounds[_Part](drain, self._decide)
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
        part = _Part(batch, first, after, todo, self._claims(todo) if poison is None else (), breaker, poison)
        redrives = [arrival for arrival in todo if redriving.is_redrive(arrival)]
        if redrives and poison is None:
            await self._read_parked(part, redrives)
        done = await self._rounds.join(part)
        self._limits[part.source].written(len(part.todo))
        breaker.written(done)
        return done

    async def _breaker(self, lease: Lease) -> Breaker:
        held = self._breakers.get(lease.source)
        if held is None or held[0] is not lease:
            held = self._breakers[lease.source] = lease, Breaker(lease, await self._store.raised(lease.source))
        return held[1]

    async def _read_parked(self, part: _Part, redrives: Sequence[Arrival]) -> None:
        """Reads, repairs and prepares the messages that are to be redriven. Before the round, since it may take long."""
        part.queues_floor, part.queues = await self._redriving.read(part.source, redrives)
        part.claims = list(self._claims(part.every))
        part.alone = True

    async def _decide(self, parts: Sequence[_Part]) -> tuple[Moment, Mapping[_Part, Changes]]:
        """See agents.runtime.committing.rounds.Decide."""
        every = [arrival for part in parts for arrival in part.every]
        keys = list({arrival.key: None for arrival in every if arrival.key is not None})
        guessed = prefetchable_facts(self._roles.decider, every)
        look = self._store.look(
            [part.source for part in parts],
            ids=[id for arrival in every for id in (arrival.inbox_key, *arrival.earlier)], keys=keys, facts=guessed,
            claims=list(dict.fromkeys(claim for part in parts for claim in part.claims)),
        )  # fmt: skip
        taking = self._preparing.take([arrival for part in parts for arrival in part.todo])
        moment, _ = await asyncio.gather(look, taking)
        unit = UnitOfWork(self._roles, moment)
        unit.working_set.learn(guessed, moment.facts)
        found: dict[_Part, Changes] = {}
        for part in parts:
            if unit.weight > WRITTEN:
                part.put_off = True
                continue
            changes = await self._decide_part(unit, moment, part)
            if changes is not None:
                changes.raised = part.breaker.news
                found[part] = changes
                self._timers.set(part.source, changes.timers)
        return moment, found

    async def _decide_part(self, unit: UnitOfWork, moment: Moment, part: _Part) -> Changes | None:
        """What a part changes, which may end before the last of its messages: then the rest needs another round. None: nothing
        is to do, the part is put off, or it has failed; then the unit of work is as before."""
        done = self._begin(moment, part)
        if done is None:
            return None
        needs_facts = bool(self._roles.decider.fact_tables) and part.poison is None
        if needs_facts and not await self._has_facts(unit, part):
            return None
        unit.begin_partition(part.source, part.lease.incarnation)
        part.breaker.begin(done)
        first = next(iter(part.todo), None)  # a batch of transaction markers has no message
        for arrival in part.todo:
            if part.breaker.full:
                return unit.end_partition(arrival.offset)
            if unit.released and self._wants_what_was_released(unit, arrival, part):
                if arrival is not first:
                    return unit.end_partition(arrival.offset)
                part.put_off = True
                return None
            if arrival is not first:
                if unit.weight > WRITTEN or arrival.key in moment.left:
                    return unit.end_partition(arrival.offset)
                if needs_facts and arrival.message is not None:
                    await self._read_facts(part, unit, (arrival,))
            try:
                unit.begin_message(arrival)
                self._handle(unit, arrival, part)
            except StalePreparation:
                if arrival is first and not (unit.changes.inbox or unit.changes.unpark):
                    return part.fail(Conflict("prepared on a state that has changed"))
                return unit.end_partition(arrival.offset)  # write what came before it, which may be what made it stale
        return unit.end_partition(part.after)

    def _begin(self, moment: Moment, part: _Part) -> int | None:
        """Takes the messages that are done out of `todo`. Returns the offset below which everything is done. None: nothing is
        to do, the part is put off, or it has failed."""
        progress = part.progress(moment)
        if progress is None:
            part.todo = ()
            return None
        if part.queues_floor not in (None, moment.floors[part.source]):
            return part.fail(Conflict("what is parked was read at another floor"))
        # The next look reads the states of `todo` only. So if a look reads too little for its size, the next one begins with
        # the state of the first message.
        part.todo = [arrival for arrival in part.todo if arrival.offset >= progress.done]
        if part.begins_with(moment.left):
            part.put_off = True
            return None
        return progress.done

    async def _has_facts(self, unit: UnitOfWork, part: _Part) -> bool:
        """Reads the facts that the messages need. False: one is older than its caller has seen, and the part has failed."""
        await self._read_facts(part, unit, part.every)
        try:
            self._patience.wait_for_facts(unit, part.todo)
        except FactsBehind as behind:
            part.fail(behind)
            return False
        return True

    @staticmethod
    def _wants_what_was_released(unit: UnitOfWork, arrival: Arrival, part: _Part) -> bool:
        return any(map(unit.wants_what_was_released, redriving.with_redriven(arrival, part.queues)))

    def _handle(self, unit: UnitOfWork, arrival: Arrival, part: _Part) -> None:
        if not redriving.is_redrive(arrival):
            unit.handle(arrival, part.poison)
            if unit.raised is not None:
                part.breaker.note(arrival.offset, unit.raised)
        elif part.poison is None:
            self._redriving.carry_out(unit, arrival, part.queues, self._limits[part.source].messages)
        else:
            self._redriving.refuse(unit, arrival, part.poison)

    async def _read_facts(self, part: _Part, unit: UnitOfWork, asked: Sequence[Arrival]) -> None:
        missing = unit.working_set.missing_facts([a for a in asked if a.error is None and not redriving.is_redrive(a)])
        if missing:
            unit.working_set.learn(missing, (await self._store.look([part.source], facts=missing)).facts)

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
