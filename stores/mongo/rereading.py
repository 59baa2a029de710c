"""The facts of one domain, written anew: see stores.engineering.Facts."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pymongo import UpdateOne

from stores.mongo import documents, names
from stores.mongo.errors import translated
from stores.mongo.looking import Collection, by_ids
from stores.mongo.store import database
from stores.mongo.transaction import transaction
from stores.protocol import FactKey, FactWrite, Source


class MongoFacts:
    def __init__(self, documents: Collection) -> None:
        self._documents = documents

    async def count(self, name: str) -> int:
        async with translated():
            return await self._documents.count_documents({"_id": names.beginning(f"fact {len(name)} {name} ")})

    async def has_floor(self, group: str, topic: str) -> bool:
        asked = names.beginning(f"floor {len(group)} {group} {len(topic)} {topic} ")
        async with translated():
            return await self._documents.find_one({"_id": asked}, {"_id": 1}) is not None

    async def different(self, facts: Sequence[FactWrite]) -> int:
        async with translated():
            found = await by_ids(self._documents, [_id(fact) for fact in facts])
        there = {each["_id"]: each for each in found}
        return sum(_differs(there.get(_id(fact)), fact) for fact in facts)

    async def write(self, source: Source, facts: Sequence[FactWrite]) -> tuple[int, set[FactKey]]:
        async with translated(), transaction(self._documents) as running:
            floor = names.floor(source)
            found = await running.find_ids([floor, *map(_id, facts)])
            there = {each["_id"]: each for each in found}
            # A process that looked at these facts before and has not written yet compares the epoch: it finds another one,
            # looks again, and decides on the facts that are written here.
            opened = {id: UpdateOne({"_id": id}, {"$inc": {"epoch": 1}}) for id in (floor,) if id in there}
            made = {_id(fact): _written(fact) for fact in facts if _differs(there.get(_id(fact)), fact)}
            await running.update(opened | made)
        ahead = {(fact.table, fact.key) for fact in facts if _version(there.get(_id(fact))) > fact.version}
        return len(made), ahead

    async def nothing_is_missed(self, source: Source) -> None:
        async with translated():
            await self._documents.update_one(
                {"_id": names.floor(source)}, {"$unset": {"missed_next": "", "missed_code": ""}}
            )


def _id(fact: FactWrite) -> str:
    return names.fact(fact.table, fact.key)


def _version(there: Mapping[str, Any] | None) -> int:
    return -1 if there is None else there["version"]


def _differs(there: Mapping[str, Any] | None, fact: FactWrite) -> bool:
    version = _version(there)
    return version < fact.version or (there is not None and version == fact.version and there["body"] != fact.body)


def _written(fact: FactWrite) -> UpdateOne:
    return UpdateOne({"_id": _id(fact)}, {"$set": documents.fact(fact)}, upsert=True)


@asynccontextmanager
async def open_facts(url: str, domain: str) -> AsyncGenerator[MongoFacts]:
    """Raises Unavailable."""
    async with database(url, "reread") as found:
        yield MongoFacts(found[domain])
