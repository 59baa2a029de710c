"""One transaction: majority write concern, snapshot reads, ended by its own block whatever happens."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import DeleteOne, ReturnDocument, UpdateOne
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from stores.errors import Stale
from stores.mongo.connection import ANSWER
from stores.mongo.documents import Document
from stores.mongo.looking import Collection
from stores.mongo.parts import parts
from stores.mongo.writing import in_order, sorted_by_id

T = TypeVar("T")

_READ, _WRITE = ReadConcern("snapshot"), WriteConcern("majority")


class Transaction:
    """Its statements, one after the other. Those that say so raise Stale where a guard fails; nothing is written then."""

    def __init__(self, collection: Collection, session: AsyncIOMotorClientSession) -> None:
        self._collection = collection
        self._session = session

    def on(self, other: Collection) -> "Transaction":
        """The same transaction, for statements on another collection."""
        return Transaction(other, self._session)

    async def find(
        self, asked: Mapping[str, Any], shown: Mapping[str, Any] | None = None, **more: Any
    ) -> list[Document]:
        """more: arguments of pymongo's find."""
        cursor = self._collection.find(asked, shown, session=self._session, **more)
        return await self._answered(cursor.to_list(None))

    async def find_ids(self, ids: Sequence[str], shown: Mapping[str, Any] | None = None) -> list[Document]:
        """Those that exist."""
        return [each for part in parts(ids) for each in await self.find({"_id": {"$in": part}}, shown)]

    async def update(self, updates: Mapping[str, UpdateOne]) -> None:
        """Raises Stale if one finds no document and makes none."""
        if updates:
            done = await self._answered(
                self._collection.bulk_write(in_order(updates), ordered=True, session=self._session)
            )
            if done.matched_count + done.upserted_count != len(updates):
                raise Stale("a document is not as it was")

    async def insert(self, made: Sequence[Document]) -> None:
        """Raises pymongo's error of a duplicate key if one exists."""
        if made:
            await self._answered(self._collection.insert_many(sorted_by_id(made), session=self._session))

    async def delete(self, deletes: Sequence[DeleteOne], *, guarded: bool) -> None:
        """guarded: raises Stale if one finds no document."""
        if deletes:
            done = await self._answered(self._collection.bulk_write(deletes, ordered=True, session=self._session))
            if guarded and done.deleted_count != len(deletes):
                raise Stale("a document is not there")

    async def delete_ids(self, ids: Sequence[str]) -> None:
        for part in parts(ids):
            await self._answered(self._collection.delete_many({"_id": {"$in": part}}, session=self._session))

    async def count_up(self, id: str, by: int) -> int:
        """Returns what the counter was before."""
        counted = self._collection.find_one_and_update(
            {"_id": id}, {"$inc": {"n": by}}, upsert=True, return_document=ReturnDocument.AFTER, session=self._session
        )
        return (await self._answered(counted))["n"] - by

    async def commit(self) -> None:
        await self._answered(self._session.commit_transaction())

    async def _answered(self, call: Awaitable[T]) -> T:
        """Waits for the answer also when it is cancelled: a session takes one command at a time, and the abort is one."""
        running = asyncio.ensure_future(call)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait((running,))
            raise


@asynccontextmanager
async def transaction(collection: Collection) -> AsyncGenerator[Transaction]:
    """Committed at the end of the block; aborted where it raises or is cancelled. Raises what pymongo raises."""
    async with await collection.database.client.start_session() as session:
        session.start_transaction(_READ, _WRITE, max_commit_time_ms=int(ANSWER * 1000))
        made = Transaction(collection, session)
        try:
            yield made
            await made.commit()
        except BaseException:
            with suppress(PyMongoError):  # then the server ends it when its time is over
                if session.in_transaction:
                    await session.abort_transaction()
            raise
