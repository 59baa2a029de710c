"""What domains' stores hold, read straight from the servers that they stand on."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

import asyncpg

from infra.audit.servers import Servers
from stores.mongo import documents, looking, names
from stores.mongo.store import database
from stores.protocol import InboxKey, Source, Stored
from stores.redis_authority import encoding
from stores.redis_authority.connections import Connections
from stores.redis_authority.names import prefix, source_named
from stores.technologies import MONGO, POSTGRES, REDIS, Technology, technology


class FloorRow(NamedTuple):
    source: Source
    next: int
    epoch: int
    missed: int | None


class TimerLeft(NamedTuple):
    """A timer that is set and whose command is not decided. due: UTC."""

    key: str
    name: str
    due: datetime


class Book(Protocol):
    """The stores of one technology."""

    async def states(self, domain: str) -> dict[str, Stored]: ...

    async def versions(self, domain: str) -> dict[str, int]:
        """Of the states."""
        ...

    async def inbox(self, domain: str) -> dict[InboxKey, str | None]:
        """With the outcomes."""
        ...

    async def floors(self, domain: str) -> list[FloorRow]: ...

    async def facts(self, domain: str, table: str) -> dict[str, int]:
        """Versions by key."""
        ...

    async def outbox(self, domain: str) -> int:
        """How many rows."""
        ...

    async def outbox_rows(self, domain: str, most: int) -> list[str]:
        """What names so many rows at most."""
        ...

    async def timers(self, domain: str) -> list[TimerLeft]: ...

    async def timers_due(self, domain: str) -> int:
        """How many of them are due by the domain's own clock."""
        ...

    async def parked(self, domain: str) -> int:
        """How many messages."""
        ...

    async def set_aside(self, domain: str) -> int:
        """How many events."""
        ...


class PostgresBook:
    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def states(self, domain: str) -> dict[str, Stored]:
        rows = await self._rows("id, version, state::text as body", domain, "aggregate")
        return {row["id"]: Stored(row["version"], row["body"]) for row in rows}

    async def versions(self, domain: str) -> dict[str, int]:
        return {row["id"]: row["version"] for row in await self._rows("id, version", domain, "aggregate")}

    async def inbox(self, domain: str) -> dict[InboxKey, str | None]:
        rows = await self._rows("source, id, outcome", domain, "inbox")
        return {(row["source"], row["id"]): row["outcome"] for row in rows}

    async def floors(self, domain: str) -> list[FloorRow]:
        missed = await self._rows("consumer, topic, partition, next", domain, "missed")
        waiting = {Source(*row[:3]): row["next"] for row in missed}
        rows = await self._rows("consumer, topic, partition, next, epoch", domain, "floor")
        return [FloorRow(Source(*row[:3]), row["next"], row["epoch"], waiting.get(Source(*row[:3]))) for row in rows]

    async def facts(self, domain: str, table: str) -> dict[str, int]:
        rows = await self._rows("name, key, version", domain, "fact")
        return {row["key"]: row["version"] for row in rows if row["name"] == table}

    async def outbox(self, domain: str) -> int:
        return await self._count(domain, "outbox")

    async def outbox_rows(self, domain: str, most: int) -> list[str]:
        rows = await self._rows('consumer, topic, partition, incarnation, "offset", n', domain, "outbox")
        return [" ".join(map(str, row)) for row in rows[:most]]

    async def timers(self, domain: str) -> list[TimerLeft]:
        return [TimerLeft(*row) for row in await self._rows("key, name, due", domain, "timer")]

    async def timers_due(self, domain: str) -> int:
        statement = f'select count(*) from "{domain}".timer where due <= "{domain}".domain_clock()'  # noqa: S608
        return await self._connection.fetchval(statement) or 0

    async def parked(self, domain: str) -> int:
        return await self._count(domain, "parked")

    async def set_aside(self, domain: str) -> int:
        return await self._count(domain, "set_aside")

    async def _count(self, domain: str, table: str) -> int:
        return (await self._rows("count(*)", domain, table))[0][0]

    async def _rows(self, columns: str, domain: str, table: str) -> list[Any]:
        return await self._connection.fetch(f'select {columns} from "{domain}".{table}')  # noqa: S608


class MongoBook:
    def __init__(self, found: Any) -> None:
        self._database = found

    async def states(self, domain: str) -> dict[str, Stored]:
        return await looking.states(self._database[domain], await self._kind(domain, "state"))

    async def versions(self, domain: str) -> dict[str, int]:
        # Without the bodies: one in pieces may be written while they are read.
        return {each["id"]: each["version"] for each in await self._kind(domain, "state", "id", "version")}

    async def inbox(self, domain: str) -> dict[InboxKey, str | None]:
        return {(each["source"], each["id"]): each["outcome"] for each in await self._kind(domain, "inbox")}

    async def floors(self, domain: str) -> list[FloorRow]:
        return [
            FloorRow(documents.source_of(each), each["next"], each["epoch"], each.get("missed_next"))
            for each in await self._kind(domain, "floor")
        ]

    async def facts(self, domain: str, table: str) -> dict[str, int]:
        return {each["key"]: each["version"] for each in await self._kind(domain, "fact") if each["table"] == table}

    async def outbox(self, domain: str) -> int:
        return len(await self._kind(domain, "outbox"))

    async def outbox_rows(self, domain: str, most: int) -> list[str]:
        return [str(each["_id"]) for each in (await self._kind(domain, "outbox"))[:most]]

    async def timers(self, domain: str) -> list[TimerLeft]:
        return [
            TimerLeft(each["timer_key"], each["name"], documents.moment_of(each["timer_due"]))
            for each in await self._kind(domain, "timer")
        ]

    async def timers_due(self, domain: str) -> int:
        return _due(await self.timers(domain))

    async def parked(self, domain: str) -> int:
        return len(await self._kind(domain, "parked"))

    async def set_aside(self, domain: str) -> int:
        return len(await self._kind(domain, "aside"))

    async def _kind(self, domain: str, kind: str, *fields: str) -> list[dict[str, Any]]:
        """fields: these alone; none are named: all."""
        shown = dict.fromkeys(fields, 1) or None
        return await self._database[domain].find({"_id": names.beginning(f"{kind} ")}, shown).to_list(None)


class RedisBook:
    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def states(self, domain: str) -> dict[str, Stored]:
        return {id: encoding.stored(value) for id, value in (await self._hash(domain, "state")).items()}

    async def versions(self, domain: str) -> dict[str, int]:
        return {id: stored.version for id, stored in (await self.states(domain)).items()}

    async def inbox(self, domain: str) -> dict[InboxKey, str | None]:
        found = dict[InboxKey, str | None]()
        for name, value in (await self._hash(domain, "inbox")).items():
            source, _, id = name.partition("\0")
            found[source, id] = encoding.outcome(value)
        return found

    async def floors(self, domain: str) -> list[FloorRow]:
        missed = await self._hash(domain, "missed")
        rows = list[FloorRow]()
        for name, value in (await self._hash(domain, "floor")).items():
            first, _, epoch = map(int, value.split())
            waiting = int(missed[name].split()[0]) if name in missed else None
            rows.append(FloorRow(source_named(name), first, epoch, waiting))
        return rows

    async def facts(self, domain: str, table: str) -> dict[str, int]:
        rows = await self._hash(domain, f"fact:{table}")
        return {key: encoding.fact(value).version for key, value in rows.items()}

    async def outbox(self, domain: str) -> int:
        return sum([await self._count(domain, f"outbox:{source}") for source in await self._outbox_sources(domain)])

    async def outbox_rows(self, domain: str, most: int) -> list[str]:
        return [
            f"{source} {name}"
            for source in await self._outbox_sources(domain)
            for name in await self._hash(domain, f"outbox:{source}")
        ][:most]

    async def timers(self, domain: str) -> list[TimerLeft]:
        return [
            TimerLeft(key, name, timer.due)
            for of, value in (await self._hash(domain, "timer")).items()
            for (key, name), timer in encoding.timers_of(of, value)
        ]

    async def timers_due(self, domain: str) -> int:
        return _due(await self.timers(domain))

    async def _outbox_sources(self, domain: str) -> list[str]:
        return [source.decode() for source in await self._connections.call("SMEMBERS", prefix(domain) + "outbox")]

    async def parked(self, domain: str) -> int:
        return await self._count(domain, "parked")

    async def set_aside(self, domain: str) -> int:
        return await self._count(domain, "aside")

    async def _count(self, domain: str, name: str) -> int:
        return await self._connections.call("HLEN", prefix(domain) + name)

    async def _hash(self, domain: str, name: str) -> dict[str, bytes]:
        told: dict[bytes, bytes] = await self._connections.call("HGETALL", prefix(domain) + name)
        return {field.decode(): value for field, value in told.items()}


def _due(timers: list[TimerLeft]) -> int:
    """Where the domain's clock is the real one."""
    now = datetime.now(UTC)
    return sum(row.due <= now for row in timers)


class Books:
    def __init__(self, books: Mapping[Technology, Book]) -> None:
        self._books = books

    def of(self, domain: str) -> Book:
        """That of the technology that the domain stands on."""
        return self._books[technology(domain)]


@asynccontextmanager
async def open_books(servers: Servers) -> AsyncGenerator[Books]:
    connection, connections = await asyncpg.connect(servers.postgres), Connections(servers.redis_baskets)
    try:
        async with database(servers.mongo, "audit") as found:
            yield Books({POSTGRES: PostgresBook(connection), MONGO: MongoBook(found), REDIS: RedisBook(connections)})
    finally:
        await connections.close()
        await connection.close()
