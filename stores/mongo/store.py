"""A domain's store in MongoDB: one collection of the domain's name. Every wait is bounded, and every failure is one of
stores.errors."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, cast

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, ReturnDocument, UpdateOne

from stores.errors import Conflict, Stale, Unavailable
from stores.mongo import documents, looking, names, writing
from stores.mongo.connection import Client, connect
from stores.mongo.documents import Document
from stores.mongo.errors import SERVER, translated
from stores.mongo.parts import parts
from stores.mongo.transaction import Transaction, transaction
from stores.protocol import (
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
    RowId,
    Source,
    Stored,
    Waiting,
)


async def open_store(url: str, domain: str) -> "MongoStore":
    """Connects when it is first asked. url: names the database."""
    return MongoStore(connect(url, domain), domain)


class MongoStore:
    """See stores.protocol.DomainStore."""

    def __init__(self, client: Client, domain: str) -> None:
        self.domain = domain
        self._client = client
        self._documents: AsyncIOMotorCollection[Document] = client.get_default_database()[domain]
        self._clock = ServerClock()

    async def open(self, source: Source, earliest: int) -> Floor:
        opened = [
            {"$set": {"epoch": {"$cond": [{"$eq": [{"$type": "$epoch"}, "missing"]}, 0, {"$add": ["$epoch", 1]}]}}},
            {"$replaceWith": {"$mergeObjects": [_literal(documents.floor(source, earliest)), "$$ROOT"]}},
        ]
        async with translated():
            if await self._documents.find_one({"_id": names.PROVISIONED}) is None:
                # Without its states the domain would decide anew whatever its topics still hold.
                raise Unavailable(SERVER, f"{self.domain} has no store there: `python -m agents.provision` makes it")
            found = await self._documents.find_one_and_update(
                {"_id": names.floor(source)}, opened, upsert=True, return_document=ReturnDocument.AFTER
            )
        return looking.floor_of(found)

    async def again(self, source: Source, epoch: int, code: str) -> tuple[int | None, bool]:
        id = names.floor(source)
        moved = [
            {"$set": {"next": {"$min": ["$next", "$missed_next"]}, "writes": {"$add": ["$writes", 1]}}},
            {"$unset": ["missed_next", "missed_code"]},
        ]
        asked = {"_id": id, "epoch": epoch, "missed_next": {"$exists": True}, "missed_code": {"$ne": code}}
        async with translated():
            back = self._documents.find_one_and_update(asked, moved, return_document=ReturnDocument.AFTER)
            found = cast("Document | None", await back)  # the driver's types leave the None out
            if found is not None:
                return found["next"], False
            return None, await self._documents.find_one({"_id": id, "missed_code": code}) is not None

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
        for texts in (*ids, *facts, *claims, keys, parked, named, aside):
            _check_nul(texts)
        wanted = [
            *map(names.floor, sources), *(names.inbox(*id) for id in ids), *map(names.state, keys),
            *(names.fact(*fact) for fact in facts), *(names.claim(*claim) for claim in claims),
        ]  # fmt: skip
        moment, here = Moment(owners=dict.fromkeys(claims)), self._documents
        async with translated():
            found = looking.read(moment, await looking.by_ids(here, wanted))
            await asyncio.gather(
                *([looking.fill_states(here, moment, keys, found)] if found else ()),
                *([looking.fill_timers(here, moment, keys)] if keys else ()),
                *([looking.fill_parked(here, moment, sources[0], keys)] if keys else ()),
                *([looking.fill_waiting(here, moment, sources[0], parked)] if parked else ()),
                *([looking.fill_named(here, moment, sources[0], parked, named)] if named else ()),
                *([looking.fill_aside(here, moment, sources[0], aside)] if aside else ()),
            )
        return moment

    async def write(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        for source in changes:
            if source not in moment.floors:
                raise Conflict(f"{source}: no floor, the partition was not opened")
        await self._know_the_time()
        made = writing.statements(moment, changes, self._clock.now())
        try:
            async with translated(), transaction(self._documents) as running:
                await _run(running, made)
        except Conflict as error:
            moved = await self._moved(moment, changes)
            raise Stale(f"{error}: {moved or list(changes)}", moved) from error

    async def _moved(self, moment: Moment, changes: Mapping[Source, Changes]) -> list[Source]:
        now = Moment()
        async with translated():
            looking.read(now, await looking.by_ids(self._documents, [names.floor(source) for source in changes]))
        return [source for source in changes if now.floors.get(source) != moment.floors[source]]

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        async with translated():
            found = await looking.by_ids(self._documents, [names.state(id) for id in ids])
            return await looking.states(self._documents, found)

    async def raised(self, source: Source) -> int:
        async with translated():
            found = await self._documents.find_one({"_id": names.floor(source)})
        return (found or {}).get("raised", 0)

    async def outbox(self, source: Source) -> list[OutboxRow]:
        rows = {"_id": names.beginning(f"outbox {names.source_of(source)} "), **documents.OUTBOX}
        async with translated():
            found = await self._documents.find(rows).sort("_id", ASCENDING).to_list(None)
        return [documents.outbox_row(each) for each in found]

    async def outbox_sources(self) -> set[Source]:
        shown = {"group": 1, "topic": 1, "partition": 1}
        async with translated():
            found = self._documents.find(documents.OUTBOX, shown)
            return {documents.source_of(each) async for each in found}

    async def forget(self, source: Source, sent: Sequence[RowId]) -> None:
        async with translated():
            for part in parts([names.outbox(source, id) for id in sent]):
                await self._documents.delete_many({"_id": {"$in": part}})

    async def due_timers(self, epochs: Mapping[Source, int], limit: int) -> Due:
        async with translated():
            now = await self._server_time()
            floors = await looking.by_ids(self._documents, list(map(names.floor, epochs)))
            mine = [each for each in map(documents.source_of, floors) if _epoch(floors, each) == epochs[each]]
            told = await asyncio.gather(*(self._due(source, documents.micros(now), limit) for source in mine))
        timers = [_due_timer(each, now) for due, _ in told for each in due]
        wait = [0.0 for due, _ in told if len(due) == limit]
        wait += [(documents.moment_of(next["timer_due"]) - now).total_seconds() for _, next in told if next is not None]
        return Due(now, timers, min(wait, default=None))

    async def _due(self, source: Source, now: int, limit: int) -> tuple[list[Document], Document | None]:
        """(timers that are due, the next one that is not)."""
        waits = {"rings_for": names.source_of(source)}
        order = [("timer_due", ASCENDING)]
        due = await self._documents.find({**waits, "timer_due": {"$lte": now}}, sort=order, limit=limit).to_list(None)
        next = await self._documents.find_one({**waits, "timer_due": {"$gt": now}}, {"timer_due": 1}, sort=order)
        return due, next

    async def timers_sent(self, timers: Sequence[DueTimer]) -> None:
        rung = [
            UpdateOne({"_id": names.timer(timer.key, timer.name), "id": timer.row.id}, {"$unset": {"rings_for": ""}})
            for timer in timers
        ]
        async with translated():
            if rung:
                await self._documents.bulk_write(rung, ordered=False)

    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        named = {names.effect(source.group, id): id for id in ids}
        async with translated(), transaction(self._documents) as running:
            found = await running.find_ids([names.floor(source), *named])
            if _epoch(found, source) != epoch:
                raise Conflict(f"{source}: opened again since epoch {epoch}")
            done = {each["_id"]: each["done"] for each in found if each["kind"] == "effect"}
            begun = [each for each in named if each not in done]
            await running.insert([{"_id": each, "kind": "effect", "done": False} for each in begun])
        return {id: each in done for each, id in named.items() if not done.get(each)}

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> None:
        rows = {each["_id"]: each for each in (documents.outbox(source, row) for row in outbox)}
        effects = [names.effect(source.group, id) for id in done]
        await self._know_the_time()
        ended = {"$set": {"done": True, "ended": self._clock.now()}}
        async with translated(), transaction(self._documents) as running:
            there = {each["_id"] for each in await running.find_ids([*rows, *effects], {"_id": 1})}
            await running.update({each: UpdateOne({"_id": each}, ended) for each in effects if each in there})
            await running.insert([row for id, row in rows.items() if id not in there])

    async def next_aside(self, source: Source, limit: int) -> list[AsideRow]:
        asked = {"aside_due_for": names.source_of(source)}
        async with translated():
            found = await self._documents.find(asked).sort("due", ASCENDING).limit(limit).to_list(None)
        return [documents.aside_row(each) for each in found]

    async def waiting(self, sources: Sequence[Source]) -> dict[Source, Waiting]:
        async with translated():
            told = await asyncio.gather(*map(self._waiting, sources))
        return {source: each for source, each in zip(sources, told, strict=True) if each is not None}

    async def _waiting(self, source: Source) -> Waiting | None:
        asked = {"aside_of": names.source_of(source)}
        first = await self._documents.find_one(asked, {"since": 1}, sort=[("since", ASCENDING)])
        if first is None:
            return None
        return Waiting(await self._documents.count_documents(asked), documents.moment_of(first["since"]))

    async def sweep(self, kept: timedelta, limit: int) -> bool:
        async with translated():
            before = await self._server_time() - kept
            return any([await self._sweep(field, before, limit) for field in ("entered", "ended")])

    async def _sweep(self, field: str, before: datetime, limit: int) -> bool:
        asked = {field: {"$lt": before}}
        found = await self._documents.find(asked, {"_id": 1}).sort(field, ASCENDING).limit(limit).to_list(None)
        for part in parts([each["_id"] for each in found]):
            await self._documents.delete_many({"_id": {"$in": part}})
        return len(found) == limit

    async def _server_time(self) -> datetime:
        told = await self._client.admin.command("hello")
        return self._clock.hear(told["localTime"].replace(tzinfo=UTC))

    async def _know_the_time(self) -> None:
        if self._clock.unknown:
            async with translated():
                await self._server_time()


class ServerClock:
    """The server's clock, by what it has told and by how long ago that was. What is entered is dated by it."""

    AGAIN = 60.0  # seconds, after which the server is asked again

    def __init__(self) -> None:
        self._heard: tuple[datetime, float] | None = None

    @property
    def unknown(self) -> bool:
        return self._heard is None or monotonic() - self._heard[1] > self.AGAIN

    def hear(self, now: datetime) -> datetime:
        self._heard = now, monotonic()
        return now

    def now(self) -> datetime:
        """Raises AssertionError before the server has told it."""
        assert self._heard is not None
        told, at = self._heard
        return told + timedelta(seconds=monotonic() - at)


async def _run(running: Transaction, made: writing.Statements) -> None:
    """All statements. The questions among them come first: they are asked only for rare changes."""
    await _check_owners(running, made)
    inserts = [*made.inserts, *await _parked(running, made)]
    inserts += await _set_aside(running, made)
    freed = await running.find_ids(made.back, {"aside_key": 1})
    await running.update(made.updates)
    await running.insert(inserts)
    await running.delete(made.guarded, guarded=True)
    await running.delete(made.deletes, guarded=False)
    await running.delete_ids(made.sent)
    if made.back:
        await _take_back(running, made.back, freed)


async def _check_owners(running: Transaction, made: writing.Statements) -> None:
    named = {names.claim(*key): owner for key, owner in made.seen.items()}
    if named:
        found = {each["_id"]: each["owner"] for each in await running.find_ids([*named])}
        if any(found.get(id) != owner for id, owner in named.items()):
            raise Stale("owners")


async def _parked(running: Transaction, made: writing.Statements) -> list[Document]:
    if not made.park:
        return []
    first = await running.count_up(names.PARKINGS, len(made.park)) + 1
    return [documents.parked(source, row, seq) for seq, (source, row) in enumerate(made.park, first)]


async def _set_aside(running: Transaction, made: writing.Statements) -> list[Document]:
    """Events that are set aside anew. Those that are already get the row's due time, if the row has more tries."""
    if not made.aside:
        return []
    tries = {each["_id"]: each["tries"] for each in await running.find_ids([*made.aside], {"tries": 1})}
    for id, (source, row) in made.aside.items():
        if id in tries and tries[id] < row.tries:
            gone = {} if row.due is not None else {"$unset": {"aside_due_for": "", "due": ""}}
            made.update(id, {"$set": documents.aside_again(source, row), **gone})
    return [documents.aside(source, row) for id, (source, row) in made.aside.items() if id not in tries]


async def _take_back(running: Transaction, back: Sequence[str], found: Sequence[Document]) -> None:
    if len(found) != len(set(back)):
        raise Stale("take back")
    await running.delete_ids(back)
    for key in {each["aside_key"] for each in found}:
        order = [("incarnation", ASCENDING), ("offset", ASCENDING)]
        for first in await running.find({"aside_key": key}, sort=order, limit=1):
            if "due" not in first:  # it may be tried at once: `since` lies in the past
                freed = {"$set": {"aside_due_for": first["aside_of"], "due": first["since"]}}
                await running.update({first["_id"]: UpdateOne({"_id": first["_id"]}, freed)})


def _epoch(found: Sequence[Mapping[str, Any]], source: Source) -> int | None:
    id = names.floor(source)
    return next((each["epoch"] for each in found if each["_id"] == id), None)


def _due_timer(found: Mapping[str, Any], now: datetime) -> DueTimer:
    row = documents.timer_row(found)
    return DueTimer(found["timer_key"], found["name"], found["topic"], (now - row.due).total_seconds(), row)


def _literal(fields: Mapping[str, Any]) -> Document:
    return {name: {"$literal": value} for name, value in fields.items()}


def _check_nul(texts: Sequence[str]) -> None:
    for text in texts:
        if "\0" in text:
            names.checked(text)


@asynccontextmanager
async def database(url: str, name: str) -> AsyncGenerator[Any]:
    """The database of the URL, for as long as the block."""
    client = connect(url, name, size=2)
    try:
        yield client.get_default_database()
    finally:
        client.close()
