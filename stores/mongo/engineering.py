"""Engineers' questions to the collections of domains: see stores.engineering.Domains."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import ASCENDING, UpdateOne

from stores.engineering import Entered, First, Floor, Left, ParkedAs, ParkedKey, SetAside, SetTimer, Written
from stores.mongo import documents, looking, names
from stores.mongo.documents import Document
from stores.mongo.errors import translated
from stores.mongo.store import database
from stores.mongo.transaction import Transaction, transaction
from stores.protocol import InboxKey, ParkedRow, RowId, Source, Stored

_FLOORS = names.beginning("floor ")
_IN_ORDER = [("incarnation", ASCENDING), ("offset", ASCENDING)]
_SHOWN = ("parked_id", "source", "at", "reason", "topic", "key")


class MongoDomains:
    """names: of collections that have floors."""

    def __init__(self, found: AsyncIOMotorDatabase[Document], names: Sequence[str]) -> None:
        self._database = found
        self.names = names

    async def parked_keys(self, topic: str | None = None) -> list[ParkedKey]:
        """By topic and key."""
        asked = {**documents.PARKED, **({} if topic is None else {"topic": topic})}
        first = {name: {"$first": f"${name}"} for name in _SHOWN}
        pipeline = [
            {"$match": asked},
            {"$sort": {"seq": ASCENDING}},
            {"$group": {"_id": "$parked_key", "messages": {"$sum": 1}, **first}},
            {"$sort": {"topic": ASCENDING, "key": ASCENDING}},
        ]
        async with translated():
            return [
                ParkedKey(domain, row["topic"], row["key"], row["messages"], row["parked_id"], row["source"],
                          documents.moment_of(row["at"]), row["reason"])
                for domain in self.names
                async for row in self._database[domain].aggregate(pipeline)
            ]  # fmt: skip

    async def parked(self, domain: str, topic: str, key: str, most: int) -> list[ParkedRow]:
        return [documents.parked_row(row) for row in await self._parked(domain, {"topic": topic, "key": key}, most)]

    async def parked_as(self, topic: str, ids: Sequence[str]) -> list[ParkedAs]:
        asked = {"parked_id": {"$in": ids}, "topic": topic}
        return [
            ParkedAs(domain, row["key"], row["source"], row["parked_id"])
            for domain in self.names
            for row in await self._parked(domain, asked)
        ]

    async def left(self, domain: str, topic: str, keys: Sequence[str]) -> dict[str, Left]:
        rows = await self._parked(domain, {"topic": topic, "key": {"$in": keys}}, shown={"key": 1, "parked_id": 1})
        left = dict[str, Left]()
        for row in rows:
            before = left.get(row["key"], Left(0, row["parked_id"]))
            left[row["key"]] = before._replace(messages=before.messages + 1)
        return left

    async def first(self, domain: str, topic: str, keys: Sequence[str]) -> dict[str, First]:
        rows = await self._parked(
            domain, {"topic": topic, "key": {"$in": keys}}, shown={"key": 1, "parked_id": 1, "headers": 1}
        )
        return {row["key"]: First(row["parked_id"], documents.decode_headers(row["headers"])) for row in reversed(rows)}

    async def known(self, domain: str, messages: Sequence[InboxKey]) -> set[InboxKey]:
        return {*await self.entered(domain, messages)}

    async def entered(self, domain: str, messages: Sequence[InboxKey]) -> dict[InboxKey, Entered]:
        rows = await self._by_ids(domain, [names.inbox(*message) for message in messages])
        return {(row["source"], row["id"]): Entered(row["outcome"], row["facts"]) for row in rows}

    async def states(self, domain: str, ids: Sequence[str]) -> dict[str, Stored]:
        found = await self._by_ids(domain, [names.state(id) for id in ids])
        async with translated():
            return await looking.states(self._database[domain], found)

    async def floors(self, topic: str | None = None) -> list[Floor]:
        asked = {"_id": _FLOORS, **({} if topic is None else {"topic": topic})}
        return [
            Floor(domain, *documents.source_of(row), row["next"], row["incarnation"])
            for domain in self.names
            for row in await self._in(domain, asked)
        ]

    async def set_aside(self, domain: str, events: Collection[tuple[str, str]]) -> list[SetAside]:
        found = list[SetAside]()
        for event in await self._by_ids(domain, [names.aside(*event) for event in events]):
            rows = await self._in(domain, {"aside_key": event["aside_key"]}, sort=_IN_ORDER, limit=1)
            for first in map(documents.aside_row, rows):  # none where both were taken back meanwhile
                found.append(
                    SetAside(
                        documents.source_of(event), event["key"], event["id"], documents.moment_of(event["since"]), first.id,
                        first.tries, first.due, first.until, first.reason,
                    )
                )  # fmt: skip
        return found

    async def outbox(self, domain: str, led_to: Mapping[Source, Collection[int]], most: int) -> list[Written]:
        found = list[Written]()
        for source, offsets in led_to.items():
            asked = {**documents.OUTBOX, **documents.of_source(source), "row.1": {"$in": list(offsets)}}
            rows = await self._in(domain, asked, projection={"body": 0}, sort=[("_id", ASCENDING)], limit=most)
            found += [
                Written(source, RowId(*row["row"]), row["channel"], row["target"], row["key"], row["headers"])
                for row in rows
            ]
        return found

    async def timers(self, domain: str, keys: Collection[str]) -> list[SetTimer]:
        asked = {"timer_key": {"$in": list(keys)}}
        return [
            SetTimer(
                documents.source_of(row), row["timer_key"], row["name"], row["id"], documents.moment_of(row["timer_due"]),
                row.get("rings_for") is None, row["headers"],
            )
            for row in await self._in(domain, asked, projection={"body": 0}, sort=[("timer_due", ASCENDING)])
        ]  # fmt: skip

    async def forget_effect(self, domain: str, group: str, event_id: str) -> None:
        if domain in self.names:
            async with translated():
                await self._database[domain].delete_one({"_id": names.effect(group, event_id)})

    async def begin_again(self, topic: str, beginnings: Mapping[int, int]) -> None:
        if self.names:
            async with translated(), transaction(self._database[self.names[0]]) as running:
                for domain in self.names:
                    await _begin_again(running.on(self._database[domain]), topic, beginnings)

    async def _parked(
        self, domain: str, asked: Mapping[str, Any], most: int = 0, shown: Mapping[str, Any] | None = None
    ) -> list[Document]:
        """The oldest first. most: 0 for all."""
        return await self._in(
            domain, {**documents.PARKED, **asked}, projection=shown, sort=[("seq", ASCENDING)], limit=most
        )

    async def _by_ids(self, domain: str, ids: Sequence[str]) -> list[Document]:
        if domain not in self.names:
            return []
        async with translated():
            return await looking.by_ids(self._database[domain], ids)

    async def _in(self, domain: str, asked: Mapping[str, Any], **more: Any) -> list[Document]:
        if domain not in self.names:
            return []
        async with translated():
            return await self._database[domain].find(asked, **more).to_list(None)


async def _begin_again(domain: Transaction, topic: str, beginnings: Mapping[int, int]) -> None:
    changes = dict[str, UpdateOne]()
    for floor in await domain.find({"_id": _FLOORS, "topic": topic}):
        begun: Document = {"$unset": {"missed_next": "", "missed_code": ""}, "$inc": {"writes": 1}}
        if floor["partition"] in beginnings:
            begun["$set"] = {"next": beginnings[floor["partition"]]}
            begun["$inc"]["incarnation"] = 1
        changes[floor["_id"]] = UpdateOne({"_id": floor["_id"]}, begun)
    for timer in await domain.find({"_id": names.beginning("timer "), "topic": topic, "rings_for": None}):
        rings = {"$set": {"rings_for": names.source_of(documents.source_of(timer))}}
        changes[timer["_id"]] = UpdateOne({"_id": timer["_id"]}, rings)
    await domain.update(changes)


@asynccontextmanager
async def open_domains(url: str, ours: Callable[[str], bool]) -> AsyncGenerator[MongoDomains]:
    """ours: which of the collections are looked at. Raises Unavailable."""
    async with database(url, "replay") as found:
        async with translated():
            there = sorted(filter(ours, await found.list_collection_names()))
        yield MongoDomains(found, there)
