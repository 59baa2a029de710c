"""What a domain has in PostgreSQL goes into a store on Redis: once, before the domain's first agents on Redis start."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from stores.postgres.leaving import Leaving
from stores.postgres.rows import aside_row, fact_write, outbox_row, parked_row, source_of, state_write, timer_row
from stores.protocol import (
    Changes,
    DomainStore,
    Floor,
    Missed,
    Source,
    TimerWrite,
)
from stores.redis_authority.connections import one_connection
from stores.redis_authority.making import Making
from stores.redis_authority.store import RedisStore
from stores.settings import BadSetting

_Row = Mapping[str, Any]


async def take_over(url: str, domain: str, rows: Leaving) -> None:
    """All rows, or again from the beginning: what a try that did not end has left is deleted. Raises BadSetting where the
    domain has a store on Redis already, and Doubt.

    Entries of the inbox are as new afterwards, so they are kept for up to twice as long. Timers that were sent are due again:
    their commands are recognised by their ids.
    """
    async with one_connection(url) as connections:
        making = Making(connections, domain)
        if await making.is_whole():
            raise BadSetting(
                "REDIS_BASKETS_URL", f"holds {domain}, and POSTGRES_URL does, too: which one is right, nobody knows"
            )
        await making.clear()
        floors = {source_of(row): _floor(row) async for some in rows.rows("floor") for row in some}
        await making.put_floors(floors)
        await _take_over(RedisStore(connections, domain), floors, rows)
        await making.complete("moved")


async def _take_over(store: DomainStore, floors: Mapping[Source, Floor], rows: Leaving) -> None:
    """Everything is written as agents write: on the floors as they are."""
    anywhere = next(iter(floors), None)
    for table, add in _ADD.items():
        async for some in rows.rows(table):
            changes = defaultdict[Source, Changes](lambda: Changes(next=0))
            for row in sorted(some, key=lambda row: row["seq"]) if table == "parked" else some:
                source = source_of(row) if "consumer" in row else anywhere
                if source is not None:
                    add(changes[source], row)
            for source, change in changes.items():
                await store.write(await store.look([source]), {source: change})
    async for some in rows.rows("effect"):
        groups = defaultdict[str, list[_Row]](list)
        for row in some:
            groups[row["consumer"]].append(row)
        for group, of in groups.items():
            source = next(source for source in floors if source.group == group)
            await store.begin_effects(source, floors[source].epoch, [row["id"] for row in of])
            await store.end_effects(source, [row["id"] for row in of if row["done"]], ())


def _floor(row: _Row) -> Floor:
    return Floor(row["next"], row["incarnation"], row["epoch"])


def _state(changes: Changes, row: _Row) -> None:
    changes.states.append(state_write(row))


def _fact(changes: Changes, row: _Row) -> None:
    changes.facts.append(fact_write(row))


def _claim(changes: Changes, row: _Row) -> None:
    changes.claims[row["kind"], row["value"]] = row["owner"]


def _inbox(changes: Changes, row: _Row) -> None:
    changes.inbox[row["source"], row["id"]] = row["outcome"]
    if row["facts"] is not None:
        changes.facts_read[row["source"], row["id"]] = row["facts"]


def _outbox(changes: Changes, row: _Row) -> None:
    changes.outbox.append(outbox_row(row))


def _parked(changes: Changes, row: _Row) -> None:
    changes.park.append(parked_row(row))


def _timer(changes: Changes, row: _Row) -> None:
    changes.timers = [*changes.timers, TimerWrite(row["key"], row["name"], None, timer_row(row))]


def _aside(changes: Changes, row: _Row) -> None:
    changes.set_aside.append(aside_row(row))


def _missed(changes: Changes, row: _Row) -> None:
    changes.missed = Missed(row["next"], row["code"])


def _raised(changes: Changes, row: _Row) -> None:
    changes.raised = row["raised"]


_ADD: Mapping[str, Callable[[Changes, _Row], None]] = {
    "aggregate": _state, "fact": _fact, "claim": _claim, "inbox": _inbox, "outbox": _outbox, "parked": _parked,
    "timer": _timer, "set_aside": _aside, "missed": _missed, "breaker": _raised,
}  # fmt: skip
