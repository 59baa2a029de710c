"""A domain's store in Redis. Every wait is bounded, and every failure is one of stores.errors.

A look and a write are one script each, which Redis runs alone. The server writes each script to its file before it answers
(appendfsync always), as one transaction, and evicts nothing (noeviction): see infra/servers/redis.py.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from stores.errors import Conflict, Lost, Stale
from stores.protocol import (
    LOOK_BYTES,
    PARKED_AT_ONCE,
    AsideRow,
    Changes,
    ClaimKey,
    Due,
    DueTimer,
    FactKey,
    Floor,
    InboxKey,
    Moment,
    OutboxRow,
    ParkedName,
    RowId,
    Source,
    Stored,
    Waiting,
)
from stores.redis_authority import encoding, scripts
from stores.redis_authority.connections import Connections, Script
from stores.redis_authority.encoding import names, packed
from stores.redis_authority.names import prefix, reader_name, row_name, row_named, source_name, source_named
from stores.redis_authority.writing import WRITE

T = TypeVar("T")


async def open_store(url: str, domain: str) -> "RedisStore":
    return RedisStore(Connections(url), domain)


class RedisStore:
    """See stores.protocol.DomainStore."""

    def __init__(self, connections: Connections, domain: str) -> None:
        self._connections = connections
        self._prefix = prefix(domain)
        self.domain = domain

    async def open(self, source: Source, earliest: int) -> Floor:
        """Raises Lost, too."""
        floor = await self._run(scripts.OPEN, source_name(source), earliest)
        if not floor:
            raise Lost(self.domain)
        return _floor(floor)

    async def again(self, source: Source, epoch: int, code: str) -> tuple[int | None, bool]:
        at, left = await self._run(scripts.AGAIN, source_name(source), epoch, code)
        return int(at) if at else None, bool(left)

    async def look(
        self,
        sources: Sequence[Source],
        *,
        ids: Sequence[InboxKey] = (),
        keys: Sequence[str] = (),
        facts: Sequence[FactKey] = (),
        claims: Sequence[ClaimKey] = (),
        parked: Sequence[str] = (),
        named: Sequence[str] = (),
        aside: Sequence[str] = (),
    ) -> Moment:
        tables = defaultdict[str, list[str]](list)
        for table, key in facts:
            tables[names(table)].append(names(key))
        asked = (
            [source_name(source) for source in sources], [names(*id) for id in ids], [names(key) for key in keys],
            list(tables.items()), [names(*claim) for claim in claims], reader_name(sources[0]),
            [names(key) for key in parked], [names(id) for id in named], [names(key) for key in aside],
            LOOK_BYTES, PARKED_AT_ONCE, LOOK_BYTES,
        )  # fmt: skip
        floors, known, states, copies, owners, counts, timers, waiting, read, found, firsts = await self._run(
            scripts.LOOK, packed(asked)
        )
        moment = Moment()
        moment.floors = {of: _floor(value) for of, value in _there(sources, floors)}
        moment.known = {id: encoding.outcome(value) for id, value in _there(ids, known)}
        for key, value in _there(keys, states):
            if value:
                moment.states[key] = encoding.stored(value)
            else:
                moment.left.add(key)
        for (table, asked_keys), values in zip(tables.items(), copies, strict=True):
            moment.facts |= {(table, key): encoding.fact(value) for key, value in _there(asked_keys, values)}
        moment.owners = {
            claim: None if owner is None else owner.decode() for claim, owner in zip(claims, owners, strict=True)
        }
        moment.parked = {key for key, _ in _there(keys, counts)}
        for key, value in _there(keys, timers):
            moment.timers.update(encoding.timers_of(key, value))
        moment.waiting = [encoding.parked_row(int(seq), value) for _, seq, value in waiting]
        moment.more = set(parked[read:])
        moment.named = sorted(
            (ParkedName(key.decode(), int(seq), id.decode()) for key, seq, id in found), key=lambda each: each.seq
        )
        moment.aside = {key: id.decode() for key, id in _there(aside, firsts)}
        return moment

    async def write(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        for source in changes:
            if source not in moment.floors:
                raise Conflict(f"{source}: no floor, the partition was not opened")
        failed = await self._run(WRITE, *encoding.write(moment, changes))
        if failed:
            every = list(changes)
            moved = [every[place - 1] for place in failed[1:]]
            raise Stale(f"{failed[0].decode()}: {moved or every}", moved)

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        if not ids:
            return {}
        values = await self._command("HMGET", "state", *(names(id) for id in ids))
        return {id: encoding.stored(value) for id, value in _there(ids, values)}

    async def raised(self, source: Source) -> int:
        return int(await self._command("HGET", "raised", source_name(source)) or 0)

    async def outbox(self, source: Source) -> list[OutboxRow]:
        rows: dict[bytes, bytes] = await self._command("HGETALL", f"outbox:{source_name(source)}")
        found = [OutboxRow(*encoding.outbox_row(value), id=row_named(name)) for name, value in rows.items()]
        return sorted(found, key=lambda each: each.id)

    async def outbox_sources(self) -> set[Source]:
        return {source_named(name.decode()) for name in await self._command("SMEMBERS", "outbox")}

    async def forget(self, source: Source, sent: Sequence[RowId]) -> None:
        await self._run(scripts.FORGET, packed((source_name(source), [row_name(id) for id in sent])))

    async def due_timers(self, epochs: Mapping[Source, int], limit: int) -> Due:
        asked = [(source_name(source), str(epoch)) for source, epoch in epochs.items()]
        now, found, later = await self._run(scripts.DUE, packed((asked, limit)))
        timers = list[DueTimer]()
        for of, member, due, value in found:
            key, _, name = member.decode().partition("\0")
            late = (int(now) - int(due)) / 1e6
            topic = source_named(of.decode()).topic
            timers.append(DueTimer(key, name, topic, late, encoding.timer_row(due, value)))
        wait = min(((int(due) - int(now)) / 1e6 for due in later), default=None)
        return Due(encoding.time_of(now), timers, wait)

    async def timers_sent(self, timers: Sequence[DueTimer]) -> None:
        await self._run(scripts.TIMERS_SENT, packed([(timer.key, timer.name, timer.row.id) for timer in timers]))

    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        asked = (source_name(source), str(epoch), source.group, [names(id) for id in ids])
        told = await self._run(scripts.BEGIN_EFFECTS, packed(asked))
        if told is None:
            raise Conflict(f"{source}: opened again since epoch {epoch}")
        return {id: again == b"1" for id, again in zip(ids, told, strict=True) if again}

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> None:
        asked = source_name(source), source.group, done, [row_name(each.id) for each in outbox]
        await self._run(scripts.END_EFFECTS, packed(asked), *map(encoding.outbox_value, outbox))

    async def next_aside(self, source: Source, limit: int) -> list[AsideRow]:
        found = await self._run(scripts.NEXT_ASIDE, source_name(source), limit)
        return [encoding.aside_row(*each) for each in found]

    async def waiting(self, sources: Sequence[Source]) -> dict[Source, Waiting]:
        told = await self._run(scripts.WAITING, *map(source_name, sources))
        return {
            source: Waiting(count, encoding.time_of(since))
            for source, (count, since) in zip(sources, told, strict=True)
            if count
        }

    async def sweep(self, kept: timedelta, limit: int) -> bool:
        told = await self._run(scripts.SWEEP, int(kept.total_seconds() * 1000), limit)
        return limit in told

    async def close(self) -> None:
        await self._connections.close()

    async def _run(self, script: Script, *arguments: str | bytes | int) -> Any:
        return await self._connections.run(script, self._prefix, *arguments)

    async def _command(self, name: str, key: str, *words: str) -> Any:
        return await self._connections.call(name, self._prefix + key, *words)


def _floor(value: bytes) -> Floor:
    return Floor(*map(int, value.split(b" ")))


def _there(asked: Sequence[T], values: Sequence[bytes | None]) -> Sequence[tuple[T, bytes]]:
    """Those of which there is something."""
    return [(each, value) for each, value in zip(asked, values, strict=True) if value is not None]
