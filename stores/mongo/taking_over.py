"""A domain's rows in PostgreSQL become documents: once, before the domain's first agents on MongoDB start."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stores.mongo import documents, names, writing
from stores.mongo.documents import Document
from stores.mongo.errors import translated
from stores.mongo.looking import Collection
from stores.mongo.store import database
from stores.postgres.leaving import TABLES, Leaving
from stores.postgres.rows import aside_row, fact_write, outbox_row, parked_row, source_of, state_write, timer_row
from stores.protocol import TimerWrite
from stores.settings import BadSetting

_Row = Mapping[str, Any]


async def take_over(url: str, domain: str, rows: Leaving) -> None:
    """All rows, or again from the beginning. Raises BadSetting where the domain has a store there already, and Doubt."""
    async with database(url, "provision") as found, translated():
        collection = found[domain]
        if await collection.find_one({"_id": names.PROVISIONED}) is not None:
            raise BadSetting(
                "MONGO_URL", f"holds {domain}, and POSTGRES_URL does, too: which one is right, nobody knows"
            )
        await collection.delete_many({})  # left by a try that did not end
        await _take_over(collection, rows)


async def _take_over(collection: Collection, rows: Leaving) -> None:
    highest = 0
    for table in TABLES[:-2]:
        async for some in rows.rows(table):
            await collection.insert_many([each for row in some for each in _MADE[table](row)], ordered=False)
            highest = max([highest, *(row["seq"] for row in some if table == "parked")])
    await collection.insert_one({"_id": names.PARKINGS, "n": highest})
    for table in TABLES[-2:]:  # these are fields of floors
        async for some in rows.rows(table):
            for row in some:
                await collection.update_one({"_id": names.floor(source_of(row))}, {"$set": _OF_FLOOR[table](row)})


def _state(row: _Row) -> Sequence[Document]:
    fields, pieces = documents.state(state_write(row))
    return [{"_id": names.state(row["id"]), **fields}, *pieces]


def _fact(row: _Row) -> Sequence[Document]:
    write = fact_write(row)
    return [{"_id": names.fact(write.table, write.key), **documents.fact(write)}]


def _floor(row: _Row) -> Sequence[Document]:
    source = source_of(row)
    seen = {"incarnation": row["incarnation"], "epoch": row["epoch"]}
    return [{"_id": names.floor(source), **documents.floor(source, row["next"]), **seen}]


def _inbox(row: _Row) -> Sequence[Document]:
    return [documents.inbox((row["source"], row["id"]), row["outcome"], row["facts"], row["at"])]


def _outbox(row: _Row) -> Sequence[Document]:
    return [documents.outbox(source_of(row), outbox_row(row))]


def _parked(row: _Row) -> Sequence[Document]:
    return [documents.parked(source_of(row), parked_row(row), row["seq"])]


def _claim(row: _Row) -> Sequence[Document]:
    return [writing.claim(row["kind"], row["value"], row["owner"])]


def _effect(row: _Row) -> Sequence[Document]:
    ended = {"ended": row["at"]} if row["done"] else {}
    return [{"_id": names.effect(row["consumer"], row["id"]), "kind": "effect", "done": row["done"], **ended}]


def _timer(row: _Row) -> Sequence[Document]:
    timer = timer_row(row)
    made = documents.timer(source_of(row), TimerWrite(row["key"], row["name"], None, timer), timer)
    if row["sent"]:
        del made["rings_for"]
    return [{"_id": names.timer(row["key"], row["name"]), **made}]


def _aside(row: _Row) -> Sequence[Document]:
    return [documents.aside(source_of(row), aside_row(row))]


_MADE: Mapping[str, Callable[[_Row], Sequence[Document]]] = {
    "aggregate": _state, "fact": _fact, "floor": _floor, "inbox": _inbox, "outbox": _outbox, "parked": _parked,
    "claim": _claim, "effect": _effect, "timer": _timer, "set_aside": _aside,
}  # fmt: skip
_OF_FLOOR: Mapping[str, Callable[[_Row], Document]] = {
    "breaker": lambda row: {"raised": row["raised"]},
    "missed": lambda row: {"missed_next": row["next"], "missed_code": row["code"]},
}
