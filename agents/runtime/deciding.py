"""Decide: commands → one transaction a batch → events, answers and commands for others."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import msgspec
import structlog

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.drain import Drain
from agents.runtime.floor import Standing, standing
from agents.runtime.leases import Batch, Lease
from agents.runtime.ledger import Ledger, Roles
from stores.errors import BadData, Conflict, Doubt
from stores.protocol import ClaimKey, DomainStore, OutboxRow, ParkedRow, Snapshot, Unit
from topics import headers, redrive
from topics.decision import StalePreparation
from topics.message import field_error

log = structlog.get_logger()

MARGIN = 200  # ms before its deadline from which a command may have been withdrawn by the time that it is answered
_AT_ONCE = 16  # parked messages prepared in one transaction: it may idle for 4 s

_redrive = msgspec.json.Decoder(redrive.Redrive)


class Preparation(Protocol):
    """Slow work before the transaction, off the loop: password hashes, sealed boxes, signatures."""

    async def prepare(
        self, command: Any, aggregate_id: str, state: Any, headers: Mapping[str, str], now: datetime, command_id: str
    ) -> Any: ...


class Withdrawals(Protocol):
    async def withdrawn(self, ids: Sequence[str]) -> set[str]:
        """Which of these commands the edge has promised not to happen. Raises Doubt."""
        ...


class _Waiting(NamedTuple):
    """A parked message on its redrive. seq None: this very batch has parked it."""

    seq: int | None
    arrival: Arrival


class Deciding:
    """See agents.runtime.work.Work."""

    def __init__(
        self, roles: Roles, store: DomainStore, drain: Drain, withdrawals: Withdrawals,
        preparation: Preparation | None = None,
    ) -> None:  # fmt: skip
        self._roles = roles
        self._store = store
        self._drain = drain
        self._withdrawals = withdrawals
        self._preparation = preparation
        self._state = msgspec.json.Decoder(roles.decider.state)

    async def open(self, lease: Lease, earliest: int) -> None:
        await self._drain.open(lease, earliest)

    async def idle(self, lease: Lease) -> None:
        await self._drain.idle(lease)

    async def run(self, batch: Batch) -> None:
        if batch.arrivals is None:
            batch.arrivals = [self._read(batch.lease, record) for record in batch.records]
        found, first = batch.arrivals, batch.first
        while found:
            await self._prepare([a for a in found if a.offset >= batch.lease.next])
            try:
                first = await self._transact(batch, found, first, batch.next)
            except BadData:
                # Somebody's data cannot be stored, and the store does not say whose: message by message.
                first = await self._singly(batch, found, first)
            # More than once only where a preparation was made stale by a command of this very batch.
            found = [arrival for arrival in found if arrival.offset >= first]

    async def _singly(self, batch: Batch, found: Sequence[Arrival], first: int) -> int:
        for arrival in found:
            after = arrival.offset + 1 if arrival is not found[-1] else batch.next
            try:
                first = await self._transact(batch, [arrival], first, after)
            except BadData as error:
                first = await self._transact(batch, [arrival], first, after, poison=str(error))
            if first < after:
                break  # a redrive that came only so far: the next message would move the floor past it
        return first

    async def _transact(
        self, batch: Batch, found: Sequence[Arrival], first: int, after: int, poison: str | None = None
    ) -> int:
        """Decides `found`, which reaches from `first` to before `after`. Returns the offset up to which it came."""
        lease, done, rows = batch.lease, after, list[OutboxRow]()
        async with self._store.unit(lease.source) as unit:
            where = self._standing(batch, first, unit.floor)
            todo = [arrival for arrival in found if arrival.offset >= where.floor]
            if after > where.floor:
                done, rows = await self._decide(unit, lease, todo, after, poison)
        await self._drain.after(lease, where, rows)
        return done

    def _standing(self, batch: Batch, first: int, floor: int) -> Standing:
        return standing(batch, floor) if first == batch.first else Standing(floor, floor > first)

    async def _decide(
        self, unit: Unit, lease: Lease, todo: Sequence[Arrival], after: int, poison: str | None
    ) -> tuple[int, list[OutboxRow]]:
        keys = list({arrival.key for arrival in todo if arrival.key is not None})
        waiting = await self._parked(unit, todo) if poison is None else {}
        every = [*todo, *(w.arrival for rows in waiting.values() for w in rows)]
        snapshot = await unit.read([arrival.inbox_key for arrival in every], keys)
        claims = self._claims(every, snapshot) if poison is None else {}
        owners, fresh = await unit.claim(claims) if claims else ({}, set[ClaimKey]())
        ledger = Ledger(self._roles, lease.source, snapshot, owners)
        if poison is None:
            await self._learn(unit, ledger, every)
        for arrival in todo:
            if arrival.message is not None and arrival is not todo[0]:
                await self._learn(unit, ledger, (arrival,))
            if fresh and ledger.wants_a_refused_claim(arrival, fresh):
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
        self, ledger: Ledger, arrival: Arrival, waiting: Mapping[str, Sequence[_Waiting]], poison: str | None
    ) -> None:
        if not isinstance(arrival.message, redrive.Redrive):
            ledger.take(arrival, poison)
        elif poison is None:
            self._redrive(ledger, arrival, waiting.get(arrival.key or "", ()))
        else:
            # What it would have redriven cannot be stored, and stays parked. The order itself is no message of the key.
            log.warning("redrive_refused", topic=self._roles.commands.name, key=arrival.key, why=poison)
            ledger.changes.inbox[arrival.inbox_key] = None

    async def _learn(self, unit: Unit, ledger: Ledger, asked: Sequence[Arrival]) -> None:
        own = [a for a in asked if a.error is None and not isinstance(a.message, redrive.Redrive)]
        missing = ledger.missing_facts(own)
        if missing:
            ledger.learn(missing, await unit.facts(missing))

    def _claims(self, every: Sequence[Arrival], snapshot: Snapshot) -> dict[ClaimKey, str]:
        """First come, first served within the batch; messages that are known ask for nothing."""
        wanted: dict[ClaimKey, str] = {}
        for arrival in every:
            skip = arrival.message is None or isinstance(arrival.message, redrive.Redrive) or arrival.expired
            if not skip and arrival.key is not None and arrival.inbox_key not in snapshot.known:
                try:
                    for claim in self._roles.decider.claims(arrival.message, arrival.key):
                        wanted.setdefault(claim, arrival.key)
                except Exception as error:
                    arrival.broken = error
        return wanted

    # -- redrive

    async def _parked(self, unit: Unit, todo: Sequence[Arrival]) -> dict[str, list[_Waiting]]:
        orders: dict[str, redrive.Redrive] = {}
        for arrival in todo:
            if isinstance(arrival.message, redrive.Redrive) and arrival.key is not None:
                orders.setdefault(arrival.key, arrival.message)
        waiting: dict[str, list[_Waiting]] = {}
        for row in await unit.parked_rows(list(orders)) if orders else []:
            waiting.setdefault(row.key, []).append(_Waiting(row.seq, self._unparked(row)))
            # Before claims, facts and preparation are looked up: they are the mended message's.
            self._mend(waiting[row.key][-1].arrival, orders[row.key])
        found = [arrival for rows in waiting.values() for _, arrival in rows]
        if found:
            # Taken before the edge withdrew them, perhaps: a 503 holds for what was parked, too.
            await self._mark_withdrawn(found)
            if self._preparation is not None:
                states = await self._store.states(list(waiting))
                first = [arrival for rows in waiting.values() for _, arrival in rows[:_AT_ONCE]]
                await asyncio.gather(*(self._prepare_one(arrival, states) for arrival in first))
        return waiting

    def _unparked(self, row: ParkedRow) -> Arrival:
        arrival = Arrival(
            offset=row.offset, at=row.at, key=row.key, id=row.id, source=row.source, raw_key=row.key.encode(),
            raw_headers=row.headers, body=row.body, headers=arrivals.ours(row.headers),
        )  # fmt: skip
        arrivals.decode(self._roles.commands, arrival)
        return arrival

    def _redrive(self, ledger: Ledger, order: Arrival, waiting: Sequence[_Waiting]) -> None:
        """In their order; the first that fails again keeps itself and all behind it parked, but what is given up."""
        if order.inbox_key in ledger.known or order.inbox_key in ledger.changes.inbox:
            return
        wish = order.message
        assert isinstance(wish, redrive.Redrive)
        key = order.key or ""
        here = [_Waiting(None, arrival) for arrival in ledger.parked_here(key)]
        gone = ledger.changes.unpark  # by an earlier order in this batch
        every = [(place, row) for place, row in enumerate((*waiting, *here)) if row.seq not in gone]
        for _, (seq, arrival) in every:
            if arrival.id in wish.drop:
                ledger.unpark(key, arrival, seq)
        for place, (seq, arrival) in every:
            if arrival.id in wish.drop:
                continue
            unprepared = self._preparation is not None and seq is not None and place >= _AT_ONCE
            if unprepared or self._mend(arrival, wish):
                raise StalePreparation  # what was looked up is not this message's: commit what is before it, begin again
            if not ledger.take_parked(key, arrival, seq):
                break
        else:
            ledger.parked.discard(key)
        ledger.changes.inbox[order.inbox_key] = None

    def _mend(self, arrival: Arrival, wish: redrive.Redrive) -> bool:
        """Whether the order brings another body for this message."""
        body = next((r.body for r in wish.repaired if (r.source, r.id) == arrival.inbox_key), arrival.body)
        if body == arrival.body:
            return False
        arrival.body = body
        arrivals.decode(self._roles.commands, arrival)
        return True

    # -- before the transaction

    def _read(self, lease: Lease, record: Any) -> Arrival:
        arrival = arrivals.read(self._roles.commands, lease.incarnation, record, keyed=True)
        if arrival.headers.get(headers.TYPE) == redrive.TYPE and arrival.key is not None:
            try:
                arrival.message, arrival.error = _redrive.decode(arrival.body or b""), None
            except msgspec.MsgspecError as error:
                arrival.error = field_error(error)
        return arrival

    async def _prepare(self, found: Sequence[Arrival]) -> None:
        todo = [arrival for arrival in found if arrival.message is not None]
        for arrival in todo:
            arrival.broken = None
        await self._mark_withdrawn(todo)
        if self._preparation is not None and todo:
            states = await self._store.states(list({a.key for a in todo if a.key is not None}))
            await asyncio.gather(*(self._prepare_one(a, states) for a in todo))

    async def _prepare_one(self, arrival: Arrival, states: Mapping[str, Any]) -> None:
        if self._preparation is None or arrival.key is None or isinstance(arrival.message, redrive.Redrive):
            return
        stored = states.get(arrival.key)
        version = 0 if stored is None else stored.version
        if (
            arrival.message is None
            or arrival.expired
            or (arrival.prepared is not None and arrival.prepared_on == version)
        ):
            return
        arrival.prepared, arrival.prepared_on = None, version
        try:
            state = self._roles.decider.state() if stored is None else self._state.decode(stored.body)
            arrival.prepared = await self._preparation.prepare(
                arrival.message, arrival.key, state, arrival.headers, arrival.at, arrival.id
            )
        except Doubt:
            raise
        except Exception as error:
            arrival.broken = error  # as a raising decider: this message's fault, not its neighbours'

    async def _mark_withdrawn(self, todo: Sequence[Arrival]) -> None:
        """A command that is done late, by an outage, may be one that the edge answered 503 because no word came back."""
        now = time.time() * 1000
        late = [a for a in todo if now > float(a.headers.get(headers.DEADLINE, "inf")) - MARGIN]
        if late:
            withdrawn = await self._withdrawals.withdrawn([a.id for a in late])
            for arrival in late:
                arrival.withdrawn = arrival.id in withdrawn
