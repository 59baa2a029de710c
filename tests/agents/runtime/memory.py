"""A domain's store in dictionaries, with everything that it publishes in lists: for thousands of stories a second.

tests/stores/contract holds it to the same contract as the stores of the product.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from stores.errors import BadData, Conflict, Stale, Unavailable
from stores.protocol import (
    LOOK_BYTES,
    PARKED_AT_ONCE,
    AsideRow,
    Changes,
    ClaimKey,
    Due,
    DueTimer,
    Fact,
    FactKey,
    Floor,
    InboxKey,
    Missed,
    Moment,
    OutboxRow,
    ParkedName,
    ParkedRow,
    RowId,
    Source,
    Stored,
    Timer,
    TimerKey,
    TimerRow,
    Waiting,
)

LONGEST = 2_000  # characters of an id or a claim


@dataclass
class Tables:
    """What a server keeps."""

    floors: dict[Source, Floor] = field(default_factory=dict[Source, Floor])
    inbox: dict[InboxKey, str | None] = field(default_factory=dict[InboxKey, str | None])
    entered: dict[InboxKey, datetime] = field(default_factory=dict[InboxKey, datetime])
    aggregates: dict[str, Stored] = field(default_factory=dict[str, Stored])
    facts: dict[FactKey, Fact] = field(default_factory=dict[FactKey, Fact])
    claims: dict[ClaimKey, str] = field(default_factory=dict[ClaimKey, str])
    parked: dict[int, tuple[Source, ParkedRow]] = field(default_factory=dict[int, tuple[Source, ParkedRow]])
    rows: dict[tuple[Source, RowId], OutboxRow] = field(default_factory=dict[tuple[Source, RowId], OutboxRow])
    missed: dict[Source, Missed] = field(default_factory=dict[Source, Missed])
    effects: dict[tuple[str, str], bool] = field(default_factory=dict[tuple[str, str], bool])
    raised: dict[Source, int] = field(default_factory=dict[Source, int])
    aside: dict[tuple[str, str], tuple[Source, AsideRow]] = field(
        default_factory=dict[tuple[str, str], tuple[Source, AsideRow]]
    )
    timers: dict[TimerKey, TimerRow] = field(default_factory=dict[TimerKey, TimerRow])
    setters: dict[TimerKey, Source] = field(default_factory=dict[TimerKey, Source])
    sent: set[str] = field(default_factory=set[str])  # ids of timers
    parkings: int = 0

    def of_key(self, source: Source, key: str) -> list[AsideRow]:
        """Events that are set aside, in their order."""
        rows = [row for at, row in self.aside.values() if at == source and row.key == key]
        return sorted(rows, key=lambda row: (row.incarnation, row.offset))


class MemoryStore:
    """See stores.protocol.DomainStore. It is the publisher, the replies and the fates, too. tables None: it is away."""

    domain = "memory"

    def __init__(self, tables: Tables | None) -> None:
        self._tables = tables
        self.now = lambda: datetime.now(UTC)
        self.published: list[OutboxRow] = []

    @property
    def tables(self) -> Tables:
        if self._tables is None:
            raise Unavailable("memory", "away")
        return self._tables

    async def open(self, source: Source, earliest: int) -> Floor:
        before = self.tables.floors.get(source)
        floor = Floor(earliest, 0, 0) if before is None else before._replace(epoch=before.epoch + 1)
        self.tables.floors[source] = floor
        return floor

    async def again(self, source: Source, epoch: int, code: str) -> tuple[int | None, bool]:
        missed, floor = self.tables.missed.get(source), self.tables.floors[source]
        if missed is None or missed.code == code or floor.epoch != epoch:
            return None, missed is not None and missed.code == code
        del self.tables.missed[source]
        self.tables.floors[source] = floor._replace(next=min(floor.next, missed.next))
        return self.tables.floors[source].next, False

    async def look(
        self, sources: Sequence[Source], *, ids: Sequence[InboxKey] = (), keys: Sequence[str] = (),
        facts: Sequence[FactKey] = (), claims: Sequence[ClaimKey] = (), parked: Sequence[str] = (),
        named: Sequence[str] = (), aside: Sequence[str] = (),
    ) -> Moment:  # fmt: skip
        _check(text for names in (*ids, *facts, *claims, keys, parked, named) for text in names)
        tables, (group, topic, _) = self.tables, sources[0]
        here = [row for _, (at, row) in sorted(tables.parked.items()) if at[:2] == (group, topic)]
        asked = [row for key in parked for row in here if row.key == key]
        waiting = _first(asked)
        cut = parked.index(asked[len(waiting)].key) if len(waiting) < len(asked) else len(parked)
        states, left, brought = dict[str, Stored](), set[str](), 0
        for key in keys:
            if key in tables.aggregates:
                if brought < LOOK_BYTES:
                    states[key] = tables.aggregates[key]
                else:
                    left.add(key)
                brought += len(tables.aggregates[key].body)
        return Moment(
            floors={source: tables.floors[source] for source in sources if source in tables.floors},
            known={id: tables.inbox[id] for id in ids if id in tables.inbox},
            states=states,
            left=left,
            parked={row.key for row in here} & set(keys),
            waiting=waiting,
            more=set(parked[cut:]),
            named=[ParkedName(row.key, row.seq, row.id) for row in here if row.key in parked and row.id in named],
            facts={fact: tables.facts[fact] for fact in facts if fact in tables.facts},
            owners={claim: tables.claims.get(claim) for claim in claims},
            aside={key: rows[0].id for key in aside if (rows := tables.of_key(sources[0], key))},
            timers={timer: Timer(row.id, row.due) for timer, row in tables.timers.items() if timer[0] in keys},
        )

    async def write(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        tables = self.tables
        if not changes.keys() <= moment.floors.keys():
            raise Conflict("a source that was not opened")
        for change in changes.values():
            _check_changes(change)
        moved = [source for source in changes if tables.floors.get(source) != moment.floors[source]]
        if moved:
            raise Stale("sources", moved)
        self._guard(moment, changes)
        for source, change in changes.items():
            self._write(source, change)

    def _guard(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        tables = self.tables
        taken = {claim for change in changes.values() for claim in change.claims}
        released = {claim for change in changes.values() for claim in change.release}
        owners = {claim: owner for claim, owner in moment.owners.items() if claim not in released}
        owners |= dict.fromkeys(taken)
        if any(tables.claims.get(claim) != owner for claim, owner in owners.items()):
            raise Stale("owners")
        for source, change in changes.items():
            if change.inbox.keys() & tables.inbox.keys():
                raise Stale("inbox")
            if any(tables.aggregates.get(s.id, Stored(0, "")).version != s.old_version for s in change.states):
                raise Stale("states")
            if any(getattr(tables.timers.get((t.key, t.name)), "id", None) != t.was for t in change.timers):
                raise Stale("timers")
            if not set(change.unpark) <= tables.parked.keys():
                raise Stale("unpark")
            if any((source, row.id) in tables.rows for row in change.outbox):
                raise Stale("outbox")
            gone = {*change.take_back, *moment.aside.values()} - {id for of, id in tables.aside if of == source.group}
            if gone:
                raise Stale("set aside")

    def _write(self, source: Source, change: Changes) -> None:
        tables = self.tables
        floor = tables.floors[source]
        tables.floors[source] = floor._replace(next=max(floor.next, change.next))
        tables.inbox |= change.inbox
        tables.entered |= dict.fromkeys(change.inbox, datetime.now(UTC))
        tables.aggregates |= {write.id: Stored(write.version, write.body) for write in change.states}
        tables.claims |= change.claims
        for claim, owner in change.release.items():
            if tables.claims.get(claim) == owner:
                del tables.claims[claim]
        for write in change.facts:
            if tables.facts.get((write.table, write.key), Fact(0, None)).version < write.version:
                tables.facts[write.table, write.key] = Fact(write.version, write.body)
        if change.missed is not None:
            before = tables.missed.get(source, change.missed)
            tables.missed[source] = change.missed._replace(next=min(before.next, change.missed.next))
        for seq in change.unpark:
            del tables.parked[seq]
        for row in change.park:
            tables.parkings += 1
            tables.parked[tables.parkings] = source, msgspec.structs.replace(row, seq=tables.parkings)
        if change.raised is not None:
            tables.raised[source] = change.raised
        self._write_aside(source, change)
        for key, name, _, row in change.timers:
            if row is None:
                del tables.timers[key, name]
            else:
                tables.timers[key, name], tables.setters[key, name] = row, source
        for id in change.sent:
            tables.rows.pop((source, id), None)
        tables.rows |= {(source, row.id): row._replace(named=None) for row in change.outbox}

    def _write_aside(self, source: Source, change: Changes) -> None:
        tables, group = self.tables, source.group
        for row in change.set_aside:
            before = tables.aside.get((group, row.id))
            if before is None:
                tables.aside[group, row.id] = source, row
            elif before[1].tries < row.tries:
                again = msgspec.structs.replace(
                    before[1], tries=row.tries, due=row.due, reason=row.reason, until=row.until
                )
                tables.aside[group, row.id] = before[0], again
            if tables.effects.get((group, row.id)) is False:
                del tables.effects[group, row.id]
        keys = {tables.aside.pop((group, id))[1].key for id in change.take_back}
        for following in (rows[0] for key in keys if (rows := tables.of_key(source, key))):
            if following.due is None:
                freed = msgspec.structs.replace(following, due=following.since)
                tables.aside[group, following.id] = source, freed

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        return {id: self.tables.aggregates[id] for id in ids if id in self.tables.aggregates}

    async def raised(self, source: Source) -> int:
        return self.tables.raised.get(source, 0)

    async def outbox(self, source: Source) -> list[OutboxRow]:
        return [row for (of, _), row in sorted(self.tables.rows.items(), key=lambda item: item[0]) if of == source]

    async def outbox_sources(self) -> set[Source]:
        return {source for source, _ in self.tables.rows}

    async def forget(self, source: Source, sent: Sequence[RowId]) -> None:
        for id in sent:
            self.tables.rows.pop((source, id), None)

    async def due_timers(self, epochs: Mapping[Source, int], limit: int) -> Due:
        tables, now, found, wait = self.tables, self.now(), list[DueTimer](), list[float]()
        mine = [source for source, epoch in epochs.items() if tables.floors[source].epoch == epoch]
        for source in mine:
            waiting = [
                DueTimer(*timer, source.topic, (now - row.due).total_seconds(), row)
                for timer, row in sorted(tables.timers.items(), key=lambda each: each[1].due)
                if tables.setters[timer] == source and row.id not in tables.sent
            ]
            due = [timer for timer in waiting if timer.row.due <= now]
            found += due[:limit]
            wait += [max(0, -timer.late) for timer in (due[limit - 1 :][:1] or waiting[len(due) :][:1])]
        return Due(now, found, min(wait, default=None))

    async def timers_sent(self, timers: Sequence[DueTimer]) -> None:
        self.tables.sent |= {timer.row.id for timer in timers}

    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        if self.tables.floors[source].epoch != epoch:
            raise Conflict("opened again")
        effects = self.tables.effects
        begun = {id: (source.group, id) in effects for id in ids if not effects.get((source.group, id))}
        effects |= {(source.group, id): False for id in begun}
        return begun

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> None:
        self.tables.effects |= {(source.group, id): True for id in done if (source.group, id) in self.tables.effects}
        for row in outbox:
            self.tables.rows.setdefault((source, row.id), row)

    async def next_aside(self, source: Source, limit: int) -> list[AsideRow]:
        due = [(row.due, row.id, row) for at, row in self.tables.aside.values() if at == source and row.due is not None]
        return [row for _, _, row in sorted(due)[:limit]]

    async def waiting(self, sources: Sequence[Source]) -> dict[Source, Waiting]:
        found = dict[Source, Waiting]()
        for source in sources:
            since = [row.since for at, row in self.tables.aside.values() if at == source]
            if since:
                found[source] = Waiting(len(since), min(since))
        return found

    async def sweep(self, kept: timedelta, limit: int) -> bool:
        gone = [id for id, at in self.tables.entered.items() if at < datetime.now(UTC) - kept][:limit]
        for id in gone:
            del self.tables.entered[id], self.tables.inbox[id]
        return len(gone) == limit

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        self.published.extend(rows)

    async def take(self, ids: Sequence[str]) -> set[str]:
        return set()


def _first(rows: Sequence[ParkedRow]) -> list[ParkedRow]:
    """As many as a look brings."""
    found, weight = list[ParkedRow](), 0
    for row in rows[:PARKED_AT_ONCE]:
        weight += len(row.body) + len(msgspec.json.encode(row.headers))
        if found and weight > LOOK_BYTES:
            break
        found.append(row)
    return found


def _check(texts: Iterable[str]) -> None:
    for text in texts:
        if "\0" in text or len(text) > LONGEST or any(0xD800 <= ord(c) < 0xE000 for c in text if ord(c) > 0xD7FF):
            raise BadData("memory", "text")


def _check_changes(change: Changes) -> None:
    _check(text for key in (*change.inbox, *change.claims, *change.release) for text in key)
    _check(text for row in change.park for text in (row.key, row.id, row.source))
    for body in (write.body for write in (*change.states, *change.facts) if write.body is not None):
        try:
            msgspec.json.decode(body)
        except msgspec.MsgspecError as error:
            raise BadData("memory", "JSON") from error
