"""Decide: commands → one transaction a batch → events, answers and commands for others."""

import asyncio
from collections.abc import Mapping, Sequence

from agents.runtime import arrivals, redriving
from agents.runtime.arrivals import Arrival
from agents.runtime.consequences import Roles
from agents.runtime.drain import Drain
from agents.runtime.floor import Standing, standing_in
from agents.runtime.lease import Batch, Lease
from agents.runtime.ledger import Ledger
from agents.runtime.patience import Patience
from agents.runtime.preparing import Fate, Preparation, Preparing
from agents.runtime.redriving import Redriving, Waiting
from agents.runtime.working_set import needed_by_nothing
from stores.errors import BadData, Conflict
from stores.protocol import ClaimKey, DomainStore, OutboxRow, Snapshot, Unit
from topics.decision import StalePreparation


class Deciding:
    """See agents.runtime.work.Work."""

    def __init__(
        self, roles: Roles, store: DomainStore, drain: Drain, fate: Fate,
        preparation: Preparation | None = None,
    ) -> None:  # fmt: skip
        self._roles = roles
        self._store = store
        self._drain = drain
        self._preparing = Preparing(roles.decider, store, fate, preparation)
        self._redriving = Redriving(roles.commands, self._preparing)
        self._patience = Patience()

    async def open(self, lease: Lease, earliest: int) -> None:
        await self._drain.open(lease, earliest)

    async def idle(self, lease: Lease) -> None:
        await self._drain.idle(lease)

    async def close(self, lease: Lease) -> None:
        await self._drain.forget(lease)

    async def run(self, batch: Batch) -> None:
        if batch.arrivals is None:
            batch.arrivals = self._read(batch)
        found, first = batch.arrivals, batch.first
        while first < batch.next:
            todo = [a for a in found if a.offset >= batch.lease.next]
            # Beside preparation and the first statements: a round trip to Redis that nothing needs before the decision.
            taking = asyncio.ensure_future(self._preparing.take(todo))
            try:
                await self._preparing.slow_work(todo)
                first = await self._transact(batch, found, first, batch.next, taking)
            except BadData:
                # Somebody's data cannot be stored, and the store does not say whose: message by message.
                first = await self._singly(batch, found, first, taking)
            finally:
                taking.cancel()
                await asyncio.gather(taking, return_exceptions=True)
            # More than once only where a preparation was made stale by a command of this very batch.
            found = [arrival for arrival in found if arrival.offset >= first]

    def _read(self, batch: Batch) -> list[Arrival]:
        incarnation = batch.lease.incarnation
        found = [arrivals.read(self._roles.commands, incarnation, record, keyed=True) for record in batch.records]
        for arrival in found:
            redriving.recognise(arrival)
        return found

    async def _singly(self, batch: Batch, found: Sequence[Arrival], first: int, taking: asyncio.Future[None]) -> int:
        for arrival in found:
            after = arrival.offset + 1 if arrival is not found[-1] else batch.next
            try:
                first = await self._transact(batch, [arrival], first, after, taking)
            except BadData as error:
                first = await self._transact(batch, [arrival], first, after, taking, poison=str(error))
            if first < after:
                break  # a redrive that came only so far: the next message would move the floor past it
        return first

    async def _transact(
        self, batch: Batch, found: Sequence[Arrival], first: int, after: int, taking: asyncio.Future[None],
        poison: str | None = None,
    ) -> int:  # fmt: skip
        """Decides `found`, which reaches from `first` to before `after`. Returns the offset up to which it came."""
        lease, done, rows = batch.lease, after, list[OutboxRow]()
        async with self._store.unit(lease.source) as unit:
            where = self._standing(batch, first, unit)
            todo = [arrival for arrival in found if arrival.offset >= where.floor]
            if after > where.floor:
                done, rows = await self._decide(unit, lease, todo, after, taking, poison)
        await self._drain.after(lease, where, rows)
        return done

    def _standing(self, batch: Batch, first: int, unit: Unit) -> Standing:
        where = standing_in(unit, batch) if first == batch.first else None
        return where or Standing(unit.floor, unit.floor > first)

    async def _decide(
        self, unit: Unit, lease: Lease, todo: Sequence[Arrival], after: int, taking: asyncio.Future[None],
        poison: str | None,
    ) -> tuple[int, list[OutboxRow]]:  # fmt: skip
        keys = list({arrival.key for arrival in todo if arrival.key is not None})
        waiting = await self._redriving.waiting(unit, todo) if poison is None else {}
        every = [each for arrival in todo for each in redriving.turn(arrival, waiting)] if waiting else todo
        guessed = needed_by_nothing(self._roles.decider, every)
        snapshot = await unit.read([arrival.inbox_key for arrival in every], keys, guessed)
        await taking
        claims = self._claims(every, snapshot) if poison is None else {}
        owners, fresh = await unit.claim(claims) if claims else ({}, set[ClaimKey]())
        ledger = Ledger(self._roles, lease.source, snapshot, owners)
        ledger.set.learn(guessed, snapshot.facts)
        facts = bool(self._roles.decider.fact_tables)
        if facts and poison is None:
            await self._learn(unit, ledger, every)
            self._patience.wait_for_facts(ledger, todo)
        for arrival in todo:
            if facts and arrival.message is not None and arrival is not todo[0]:
                await self._learn(unit, ledger, (arrival,))
            freed = fresh or ledger.changes.release
            if freed and any(ledger.wants_a_claim_given_back(each, fresh) for each in redriving.turn(arrival, waiting)):
                after = arrival.offset  # commits what is before it, which gives the claim back
                break
            try:
                self._take(ledger, arrival, waiting, poison)
            except StalePreparation as error:
                if arrival is todo[0] and not (ledger.changes.inbox or ledger.changes.unpark):
                    raise Conflict("prepared on a state that has changed") from error
                after = arrival.offset  # commits what is before it, which may be what made it stale
                break
        ledger.release_claims(fresh)
        ledger.changes.next = after
        return after, await self._drain.commit(unit, lease, ledger.changes)

    def _take(
        self, ledger: Ledger, arrival: Arrival, waiting: Mapping[str, Sequence[Waiting]], poison: str | None
    ) -> None:
        if not redriving.is_order(arrival):
            ledger.take(arrival, poison)
        elif poison is None:
            self._redriving.carry_out(ledger, arrival, waiting)
        else:
            self._redriving.refuse(ledger, arrival, poison)

    async def _learn(self, unit: Unit, ledger: Ledger, asked: Sequence[Arrival]) -> None:
        missing = ledger.set.missing_facts([a for a in asked if a.error is None and not redriving.is_order(a)])
        if missing:
            ledger.set.learn(missing, await unit.facts(missing))

    def _claims(self, every: Sequence[Arrival], snapshot: Snapshot) -> dict[ClaimKey, str]:
        """First come, first served within the batch; messages that are known ask for nothing."""
        wanted: dict[ClaimKey, str] = {}
        for arrival in every:
            skip = arrival.message is None or redriving.is_order(arrival) or arrival.expired
            if not skip and arrival.key is not None and arrival.inbox_key not in snapshot.known:
                try:
                    for claim in self._roles.decider.claims(arrival.message, arrival.key):
                        wanted.setdefault(claim, arrival.key)
                except Exception as error:
                    arrival.broken = error
        return wanted
