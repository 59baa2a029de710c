"""The statements of each technology's store, without the store: what the plain sides run."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol

import asyncpg
import msgspec
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import UpdateOne

from agents.runtime.sending.publisher import encode_headers
from infra.bench.runtime.counter import EVENTS, Counter
from infra.bench.runtime.sides.straight import Command, Looked, RowIds, Work
from stores.mongo import documents, looking, names
from stores.mongo.transaction import transaction
from stores.postgres import statements, writing
from stores.postgres.store import connect
from stores.protocol import LOOK_BYTES, Moment, OutboxRow, RowId, Source, StateWrite
from stores.redis_authority import scripts
from stores.redis_authority.connections import Connections
from stores.redis_authority.names import prefix, reader_name, row_name, source_name
from stores.redis_authority.writing import WRITE
from stores.settings import Settings

_pack = msgspec.msgpack.encode
_state = msgspec.json.Decoder(Counter).decode


class Statements(Protocol):
    async def open(self, source: Source) -> None: ...

    async def look(self, commands: Sequence[Command], source: Source) -> Looked: ...

    async def write(self, work: Work, source: Source, after: int, sent: RowIds) -> None: ...


class PostgresStatements:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def open(self, source: Source) -> None:
        async with self._pool.acquire() as connection:
            await connection.execute(statements.OPEN, *source, 0)

    async def look(self, commands: Sequence[Command], source: Source) -> Looked:
        looked, none = Looked(), list[str]()
        wanted = (
            *source[:2], [source.partition], [c.source for c in commands], [c.id for c in commands], _keys(commands),
            none, none, none, none, LOOK_BYTES,
        )  # fmt: skip
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(statements.LOOK, *wanted)
        for what, a, b, version, body in rows:
            if what == "k":
                looked.known.add((a, b))
            elif what == "r":
                looked.floor = int(body), int(a), int(b)
            else:
                looked.states[a] = version, version, _state(body)
        return looked

    async def write(self, work: Work, source: Source, after: int, sent: RowIds) -> None:
        encoded = [(id, old, new, msgspec.json.encode(state).decode()) for id, (old, new, state) in work.states.items()]
        rows = [
            (*source, *id, "kafka", EVENTS.name, event.key, encode_headers(event.headers), event.body)
            for id, event in zip(work.ids(after), work.events, strict=True)
        ]
        statement, arguments = writing.assembled(
            {
                "sources": writing.transposed([(*source, *work.floor, after)], 7),
                "inbox": writing.transposed(((*key, None, None) for key in work.inbox), 4),
                "states": writing.transposed(encoded, 4),
                "gone": writing.transposed(((*source, *id) for id in sent), 6),
                "outbox": writing.transposed(rows, 11),
            }
        )
        async with self._pool.acquire() as connection:
            await connection.fetch(statement, *arguments)


class MongoStatements:
    def __init__(self, collection: looking.Collection) -> None:
        self._documents = collection

    async def open(self, source: Source) -> None:
        await self._documents.insert_one({"_id": names.floor(source), **documents.floor(source, 0)})

    async def look(self, commands: Sequence[Command], source: Source) -> Looked:
        looked, keys, moment = Looked(), _keys(commands), Moment()
        wanted = [names.floor(source), *(names.inbox(c.source, c.id) for c in commands), *map(names.state, keys)]
        for each in await looking.by_ids(self._documents, wanted):
            if each["kind"] == "inbox":
                looked.known.add((each["source"], each["id"]))
            elif each["kind"] == "floor":
                looked.floor = looking.floor_of(each)
            else:
                looked.states[each["id"]] = each["version"], each["version"], _state(each["body"])
        await asyncio.gather(
            looking.fill_timers(self._documents, moment, keys),
            looking.fill_parked(self._documents, moment, source, keys),
        )
        return looked

    async def write(self, work: Work, source: Source, after: int, sent: RowIds) -> None:
        next, incarnation, epoch = work.floor
        floor = {"_id": names.floor(source), "next": next, "incarnation": incarnation, "epoch": epoch}
        updates: dict[str, UpdateOne] = {
            str(floor["_id"]): UpdateOne(floor, {"$max": {"next": after}, "$inc": {"writes": 1}})
        }
        inserts = [documents.inbox(key, None, None, datetime.now(UTC)) for key in work.inbox]
        for id, (old, new, state) in work.states.items():
            named = names.state(id)
            fields, _ = documents.state(StateWrite(id, old, new, msgspec.json.encode(state).decode()))
            if old:
                updates[named] = UpdateOne({"_id": named, "version": old}, {"$set": fields})
            else:
                inserts.append({"_id": named, **fields})
        for id, event in zip(work.ids(after), work.events, strict=True):
            row = OutboxRow("kafka", EVENTS.name, event.key, encode_headers(event.headers), event.body, RowId(*id))
            inserts.append(documents.outbox(source, row))
        async with transaction(self._documents) as running:
            await running.update(updates)
            await running.insert(inserts)
            await running.delete_ids([names.outbox(source, RowId(*id)) for id in sent])


class RedisStatements:
    def __init__(self, connections: Connections, schema: str) -> None:
        self._connections, self._prefix = connections, prefix(schema)

    async def open(self, source: Source) -> None:
        await self._connections.run(scripts.OPEN, self._prefix, source_name(source), 0)

    async def look(self, commands: Sequence[Command], source: Source) -> Looked:
        looked, keys, none = Looked(), _keys(commands), ()
        asked = (
            [source_name(source)], [f"{c.source}\0{c.id}" for c in commands], keys, none, none, reader_name(source), none,
            none, none, LOOK_BYTES, 0, 0,
        )  # fmt: skip
        floors, known, states, *_ = await self._connections.run(scripts.LOOK, self._prefix, _pack(asked))
        next, incarnation, epoch = map(int, floors[0].split())
        looked.floor = next, incarnation, epoch
        looked.known = {(c.source, c.id) for c, outcome in zip(commands, known, strict=True) if outcome is not None}
        for key, value in zip(keys, states, strict=True):
            if value is not None:
                version, _, body = value.partition(b"\n")
                looked.states[key] = int(version), int(version), _state(body)
        return looked

    async def write(self, work: Work, source: Source, after: int, sent: RowIds) -> None:
        name, (next, incarnation, epoch), none = source_name(source), work.floor, ()
        inbox = [text for key in work.inbox for text in ("\0".join(key), "-")]
        olds = [str(old) for old, _, _ in work.states.values()]
        states = [
            text
            for id, (_, new, state) in work.states.items()
            for text in (id, f"{new}\n{msgspec.json.encode(state).decode()}")
        ]
        rows = [
            _pack(("kafka", EVENTS.name, event.key, encode_headers(event.headers), event.body)) for event in work.events
        ]
        floor = name, f"{next} {incarnation} {epoch}", f"{after} {incarnation} {epoch}"
        gone = [(name, [row_name(RowId(*id)) for id in sent])] if sent else none
        going = [(name, 2, [row_name(RowId(*id)) for id in work.ids(after)])] if rows else none
        parts = (
            [floor], (inbox, none), (olds, states), none, none, none, none, none, none, none, none, none, none, none,
            gone, going, none,
        )  # fmt: skip
        await self._connections.run(WRITE, self._prefix, _pack(parts), *rows)


def _keys(commands: Sequence[Command]) -> list[str]:
    return list({command.key for command in commands})


@asynccontextmanager
async def _postgres(settings: Settings, schema: str) -> AsyncGenerator[Statements]:
    pool = await connect(settings.postgres, schema)
    yield PostgresStatements(pool)
    pool.terminate()


@asynccontextmanager
async def _mongo(settings: Settings, schema: str) -> AsyncGenerator[Statements]:
    # Without time-outs: it has nothing that would try again.
    client = AsyncIOMotorClient[documents.Document](settings.mongo, w="majority", readConcernLevel="majority")
    yield MongoStatements(client.get_default_database()[schema])
    client.close()


@asynccontextmanager
async def _redis(settings: Settings, schema: str) -> AsyncGenerator[Statements]:
    connections = Connections(settings.redis_baskets)
    yield RedisStatements(connections, schema)
    await connections.close()


_OPENED = {"postgres": _postgres, "mongo": _mongo, "redis-baskets": _redis}


def opened(store: str, settings: Settings, schema: str) -> AbstractAsyncContextManager[Statements]:
    """store: one of infra.bench.runtime.stores.STORES. schema: of the run."""
    return _OPENED[store](settings, schema)
