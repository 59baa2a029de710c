"""All that a domain's store in PostgreSQL holds, for a domain that moves to another technology: see stores/moving.py.

Releases from before the move may still run, and would go on to write here. So the table of floors gets another name first:
without it nothing can be looked up or written. When all is moved, the tables go, and the schema stays with its record of
migrations: a release from before does not make them again, and stands still instead of beginning everything anew.
"""

import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

import asyncpg

from stores.postgres.errors import translated
from stores.postgres.rows import aside_row, parked_row
from stores.protocol import (
    Changes,
    FactWrite,
    Floor,
    Missed,
    OutboxRow,
    RowId,
    Source,
    StateWrite,
    TimerRow,
    TimerWrite,
)

_AT_ONCE = 200  # rows
_SECONDS = 60.0
_FENCE = "set lock_timeout = '20s'; alter table if exists floor rename to floor_moved"
_THERE = "select to_regclass('floor') is not null or to_regclass('floor_moved') is not null"
_TABLES = (
    "aggregate", "fact", "inbox", "outbox", "parked", "claim", "effect", "timer", "set_aside", "breaker", "missed",
    "floor_moved",
)  # fmt: skip


class Leaving:
    """Raises Doubt."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def is_there(self) -> bool:
        """Whether the domain has a store here."""
        async with translated():
            return bool(await self._connection.fetchval(_THERE))

    async def fence(self) -> None:
        """Nobody writes here any more. Waits for those who do."""
        async with translated():
            await self._connection.execute(_FENCE)

    async def floors(self) -> dict[Source, Floor]:
        async with translated():
            rows = await self._connection.fetch("select * from floor_moved")
        return {_source(row): Floor(row["next"], row["incarnation"], row["epoch"]) for row in rows}

    async def changes(self, floors: dict[Source, Floor]) -> AsyncIterator[tuple[Source, Changes]]:
        """What has to be written into an empty store with these floors, some of it at a time."""
        anywhere = next(iter(floors), None)
        for table, order, add in (
            ("aggregate", "id", _state), ("fact", "name, key", _fact), ("claim", "kind, value", _claim),
            ("inbox", "at", _inbox), ("outbox", 'incarnation, "offset", n', _outbox), ("parked", "seq", _parked),
            ("timer", "key, name", _timer), ("set_aside", 'incarnation, "offset"', _aside), ("missed", "topic", _missed),
            ("breaker", "topic", _raised),
        ):  # fmt: skip
            async for rows in self._rows(f"select *{_TEXTS.get(table, '')} from {table} order by {order}"):  # noqa: S608
                found = defaultdict[Source, Changes](lambda: Changes(next=0))
                for row in rows:
                    source = _source(row) if "consumer" in row else anywhere
                    if source is not None:
                        add(found[source], row)
                for source, changes in found.items():
                    yield source, changes

    async def effects(self) -> AsyncIterator[tuple[str, list[str], list[str]]]:
        """Group, ids of effects that have begun, and of those of them that have ended."""
        async for rows in self._rows("select consumer, id, done from effect order by consumer, id"):
            groups = defaultdict[str, list[Any]](list)
            for row in rows:
                groups[row["consumer"]].append(row)
            for group, of in groups.items():
                yield group, [row["id"] for row in of], [row["id"] for row in of if row["done"]]

    async def drop(self) -> None:
        """All is moved."""
        async with translated():
            await self._connection.execute(f"drop table if exists {', '.join(_TABLES)}")

    async def _rows(self, query: str) -> AsyncIterator[Sequence[Any]]:
        async with translated(), self._connection.transaction(readonly=True):
            cursor = await self._connection.cursor(query)
            while rows := await cursor.fetch(_AT_ONCE):
                yield rows


# JSON has to stay as it is, to the byte.
_TEXTS = {"aggregate": ", state::text as text", "fact": ", body::text as text"}


def _source(row: Any) -> Source:
    return Source(row["consumer"], row["topic"], row["partition"])


def _state(changes: Changes, row: Any) -> None:
    changes.states.append(StateWrite(row["id"], 0, row["version"], row["text"]))


def _fact(changes: Changes, row: Any) -> None:
    changes.facts.append(FactWrite(row["name"], row["key"], row["version"], row["text"]))


def _claim(changes: Changes, row: Any) -> None:
    changes.claims[row["kind"], row["value"]] = row["owner"]


def _inbox(changes: Changes, row: Any) -> None:
    changes.inbox[row["source"], row["id"]] = row["outcome"]
    if row["facts"] is not None:
        changes.facts_read[row["source"], row["id"]] = row["facts"]


def _outbox(changes: Changes, row: Any) -> None:
    id = RowId(row["incarnation"], row["offset"], row["n"])
    changes.outbox.append(OutboxRow(row["channel"], row["target"], row["key"], row["headers"], row["body"], id))


def _parked(changes: Changes, row: Any) -> None:
    changes.park.append(parked_row(row))


def _timer(changes: Changes, row: Any) -> None:
    """One that was sent is due again: its command is recognised by its id."""
    timer = TimerRow(row["id"], row["due"], row["headers"], row["body"])
    changes.timers = [*changes.timers, TimerWrite(row["key"], row["name"], None, timer)]


def _aside(changes: Changes, row: Any) -> None:
    changes.set_aside.append(aside_row(row))


def _missed(changes: Changes, row: Any) -> None:
    changes.missed = Missed(row["next"], row["code"])


def _raised(changes: Changes, row: Any) -> None:
    changes.raised = row["raised"]


@contextlib.asynccontextmanager
async def open_leaving(url: str, domain: str) -> AsyncGenerator[Leaving]:
    """Raises Unavailable."""
    async with translated():
        connection = await asyncpg.connect(
            url, timeout=5, command_timeout=_SECONDS,
            server_settings={"application_name": "lezzet-moving", "search_path": domain},
        )  # fmt: skip
    try:
        yield Leaving(connection)
    finally:
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=5)
