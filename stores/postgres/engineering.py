"""Engineers' questions to the schemas of domains: see stores.engineering.Domains."""

import contextlib
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from typing import Any

import asyncpg

from stores.engineering import Entered, First, Floor, Left, ParkedAs, ParkedKey, SetAside, SetTimer, Written
from stores.postgres.errors import translated
from stores.postgres.rows import decode_headers, parked_row
from stores.protocol import InboxKey, ParkedRow, RowId, Source, Stored

_SECONDS = 5

_SCHEMAS = """
select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relname = 'parked' and c.relkind = 'r' order by 1
"""

_PARKED_KEYS = """
select distinct on (topic, key) '{domain}' as domain, topic, key, count(*) over same as messages, id, source, at, reason
  from {schema}.parked where $1::text is null or topic = $1
window same as (partition by topic, key) order by topic, key, seq
"""

_PARKED = """
select seq, key, "offset", source, id, at, headers, body, reason from {schema}.parked
 where topic = $1 and key = $2 order by seq limit $3
"""

_PARKED_AS = """
select '{domain}', key, source, id from {schema}.parked where topic = $1 and id = any($2::text[]) order by seq
"""

_LEFT = """
select key, count(*), (array_agg(id order by seq))[1] from {schema}.parked
 where topic = $1 and key = any($2::text[]) group by key
"""

_FIRST = """
select distinct on (key) key, id, headers from {schema}.parked
 where topic = $1 and key = any($2::text[]) order by key, seq
"""

_ENTERED = """
select i.source, i.id, i.outcome, i.facts
  from unnest($1::text[], $2::text[]) w(source, id) join {schema}.inbox i using (source, id)
"""

_STATES = "select id, version, state::text from {schema}.aggregate where id = any($1::text[])"

_FLOORS = """
select '{domain}' as domain, consumer, topic, partition, next, incarnation from {schema}.floor
 where $1::text is null or topic = $1 order by consumer, topic, partition
"""

_SET_ASIDE = """
select s.consumer, s.topic, s.partition, s.key, s.id, s.since, first.id, first.tries, first.due, first.until, first.reason
  from unnest($1::text[], $2::text[]) w(consumer, id) join {schema}.set_aside s using (consumer, id), lateral (
    select f.id, f.tries, f.due, f.until, f.reason from {schema}.set_aside f
     where (f.consumer, f.topic, f.partition, f.key) = (s.consumer, s.topic, s.partition, s.key)
     order by f.incarnation, f."offset" limit 1
  ) first
"""

_OUTBOX = """
select w.consumer, w.topic, w.partition, o.* from (
    select consumer, topic, partition, array_agg(o) as offsets
      from unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) w(consumer, topic, partition, o)
     group by consumer, topic, partition
) w, lateral (
    select incarnation, "offset", n, channel, target, key, headers from {schema}.outbox o
     where (o.consumer, o.topic, o.partition) = (w.consumer, w.topic, w.partition) and o."offset" = any(w.offsets)
     order by incarnation, "offset", n limit $5
) o
"""

_TIMERS = """
select consumer, topic, partition, key, name, id, due, sent, headers from {schema}.timer
 where key = any($1::text[]) order by due
"""

_BEGIN_AGAIN = """
update {schema}.floor f set incarnation = f.incarnation + 1, next = w.next
  from unnest($2::int[], $3::bigint[]) w(partition, next)
 where f.topic = $1 and f.partition = w.partition
"""

_SEND_AGAIN = "update {schema}.timer set sent = false where topic = $1 and sent"

_FORGET_MISSED = "delete from {schema}.missed where topic = $1"

_FORGET_EFFECT = "delete from {schema}.effect where consumer = $1 and id = $2"


class PostgresDomains:
    """names: of schemas that have the runtime's tables."""

    def __init__(self, connection: asyncpg.Connection, names: Sequence[str]) -> None:
        self._connection = connection
        self.names = names

    async def parked_keys(self, topic: str | None = None) -> list[ParkedKey]:
        return [ParkedKey(*row) for row in await self._everywhere(_PARKED_KEYS, topic)]

    async def parked(self, domain: str, topic: str, key: str, most: int) -> list[ParkedRow]:
        return [parked_row(row) for row in await self._in(domain, _PARKED, topic, key, most)]

    async def parked_as(self, topic: str, ids: Sequence[str]) -> list[ParkedAs]:
        return [ParkedAs(*row) for row in await self._everywhere(_PARKED_AS, topic, ids)]

    async def left(self, domain: str, topic: str, keys: Sequence[str]) -> dict[str, Left]:
        return {key: Left(count, id) for key, count, id in await self._in(domain, _LEFT, topic, keys)}

    async def first(self, domain: str, topic: str, keys: Sequence[str]) -> dict[str, First]:
        rows = await self._in(domain, _FIRST, topic, keys)
        return {row["key"]: First(row["id"], decode_headers(row["headers"])) for row in rows}

    async def known(self, domain: str, messages: Sequence[InboxKey]) -> set[InboxKey]:
        return {*await self.entered(domain, messages)}

    async def entered(self, domain: str, messages: Sequence[InboxKey]) -> dict[InboxKey, Entered]:
        rows = await self._in(domain, _ENTERED, [m[0] for m in messages], [m[1] for m in messages])
        return {(source, id): Entered(outcome, facts) for source, id, outcome, facts in rows}

    async def states(self, domain: str, ids: Sequence[str]) -> dict[str, Stored]:
        rows = await self._in(domain, _STATES, ids)
        return {id: Stored(version, state) for id, version, state in rows}

    async def floors(self, topic: str | None = None) -> list[Floor]:
        return [Floor(*row) for row in await self._everywhere(_FLOORS, topic)]

    async def set_aside(self, domain: str, events: Collection[tuple[str, str]]) -> list[SetAside]:
        rows = await self._in(domain, _SET_ASIDE, [group for group, _ in events], [id for _, id in events])
        return [SetAside(Source(*row[:3]), *row[3:]) for row in rows]

    async def outbox(self, domain: str, led_to: Mapping[Source, Collection[int]], most: int) -> list[Written]:
        asked = [(*source, offset) for source, offsets in led_to.items() for offset in offsets]
        rows = await self._in(domain, _OUTBOX, *([each[at] for each in asked] for at in range(4)), most)
        return [Written(Source(*row[:3]), RowId(*row[3:6]), *row[6:]) for row in rows]

    async def timers(self, domain: str, keys: Collection[str]) -> list[SetTimer]:
        return [SetTimer(Source(*row[:3]), *row[3:]) for row in await self._in(domain, _TIMERS, list(keys))]

    async def forget_effect(self, domain: str, group: str, event_id: str) -> None:
        await self._in(domain, _FORGET_EFFECT, group, event_id)

    async def begin_again(self, topic: str, beginnings: Mapping[int, int]) -> None:
        async with translated(), self._connection.transaction():
            for domain in self.names:
                statement = _of(domain, _BEGIN_AGAIN)
                await self._connection.execute(statement, topic, list(beginnings), list(beginnings.values()))
                await self._connection.execute(_of(domain, _SEND_AGAIN), topic)
                await self._connection.execute(_of(domain, _FORGET_MISSED), topic)

    async def _everywhere(self, statement: str, *arguments: object) -> list[Any]:
        return [row for domain in self.names for row in await self._in(domain, statement, *arguments)]

    async def _in(self, domain: str, statement: str, *arguments: object) -> list[Any]:
        if domain not in self.names:
            return []
        async with translated():
            return await self._connection.fetch(_of(domain, statement), *arguments)


def _of(domain: str, statement: str) -> str:
    """The statement for one schema. Its name comes from the catalogue; it is quoted as an identifier and as a text."""
    schema, name = domain.replace('"', '""'), domain.replace("'", "''")
    return statement.format(schema=f'"{schema}"', domain=name)


@contextlib.asynccontextmanager
async def open_domains(url: str, ours: Callable[[str], bool]) -> AsyncGenerator[PostgresDomains]:
    """ours: which of the schemas are looked at. Raises Unavailable."""
    async with translated():
        connection = await asyncpg.connect(
            url, timeout=_SECONDS, command_timeout=_SECONDS * 4, server_settings={"application_name": "lezzet-replay"}
        )
    try:
        async with translated():
            names = [row[0] for row in await connection.fetch(_SCHEMAS)]
        yield PostgresDomains(connection, list(filter(ours, names)))
    finally:
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=_SECONDS)
