"""The look: nearly all of it is a question for documents by their ids.

The floors are read first. Whatever is written for a source after that moves its floor's document, and a write that rests on
this look finds the floor, or what it guards, otherwise. So it does not matter that the questions after the first one see more.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING

from stores.errors import Conflict
from stores.mongo import documents, names
from stores.mongo.documents import Document
from stores.mongo.parts import parts
from stores.protocol import (
    LOOK_BYTES,
    PARKED_AT_ONCE,
    Fact,
    Floor,
    Moment,
    ParkedName,
    ParkedRow,
    Source,
    Stored,
    Timer,
)

Collection = AsyncIOMotorCollection[Document]

_AT_ONCE = 8  # questions about parked keys


async def by_ids(documents: Collection, ids: Sequence[str]) -> list[Document]:
    """Those that exist. The first ones are read first."""
    found = list[Document]()
    for part in parts(ids):
        found += await documents.find({"_id": {"$in": part}}).to_list(None)
    return found


def read(moment: Moment, found: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Puts documents into the moment, but for states, which it returns by id."""
    states = dict[str, Mapping[str, Any]]()
    for each in found:
        match each["kind"]:
            case "floor":
                moment.floors[documents.source_of(each)] = floor_of(each)
            case "inbox":
                moment.known[each["source"], each["id"]] = each["outcome"]
            case "state":
                states[each["id"]] = each
            case "fact":
                moment.facts[each["table"], each["key"]] = Fact(each["version"], each["body"])
            case _:
                moment.owners[each["claim"], each["value"]] = each["owner"]
    return states


def floor_of(document: Mapping[str, Any]) -> Floor:
    return Floor(document["next"], document["incarnation"], document["epoch"])


async def fill_states(
    collection: Collection, moment: Moment, keys: Sequence[str], found: Mapping[str, Mapping[str, Any]]
) -> None:
    """As many as LOOK_BYTES allow; the rest is left out."""
    reach, brought = 0, list[Mapping[str, Any]]()
    for key in dict.fromkeys(keys):
        if key in found:
            if reach < LOOK_BYTES:
                brought.append(found[key])
            else:
                moment.left.add(key)
            reach += found[key]["size"]
    moment.states.update(await states(collection, brought))


async def states(collection: Collection, found: Sequence[Mapping[str, Any]]) -> dict[str, Stored]:
    """Raises Conflict where a large one was written while it was read."""
    made = dict[str, Stored]()
    for each in found:
        body = each["body"] if each["body"] is not None else await _large(collection, each)
        made[each["id"]] = Stored(each["version"], body)
    return made


async def _large(collection: Collection, state: Mapping[str, Any]) -> str:
    ids = [names.piece(state["id"], n) for n in range(state["pieces"])]
    pieces = await collection.find({"_id": {"$in": ids}, "version": state["version"]}).sort("_id").to_list(None)
    if len(pieces) < len(ids):
        raise Conflict(f"state {state['id']}: written while it was read")
    return documents.joined(pieces)


async def fill_timers(collection: Collection, moment: Moment, keys: Sequence[str]) -> None:
    shown = {"timer_key": 1, "name": 1, "id": 1, "timer_due": 1}
    async for each in collection.find({"timer_key": {"$in": keys}}, shown):
        due = documents.moment_of(each["timer_due"])
        moment.timers[each["timer_key"], each["name"]] = Timer(each["id"], due)


async def fill_parked(collection: Collection, moment: Moment, source: Source, keys: Sequence[str]) -> None:
    """Which of the keys are parked."""
    keyed = {names.parked_key(source.group, source.topic, key): key for key in keys}
    moment.parked = {keyed[name] for name in await collection.distinct("parked_key", {"parked_key": {"$in": [*keyed]}})}


async def fill_waiting(collection: Collection, moment: Moment, source: Source, keys: Sequence[str]) -> None:
    """The oldest parked messages of the keys, key by key."""
    taken, weight, room = list[str](), 0, PARKED_AT_ONCE
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        for key, rows in zip(some, await asyncio.gather(*(_sizes(collection, source, k) for k in some)), strict=True):
            for row in rows:
                weight += row["size"]
                if room == 0 or (taken and weight > LOOK_BYTES):
                    moment.more.update(keys[keys.index(key) :])
                    moment.waiting = await _parked(collection, taken)
                    return
                taken.append(row["_id"])
                room -= 1
    moment.waiting = await _parked(collection, taken)


async def _sizes(collection: Collection, source: Source, key: str) -> list[Document]:
    asked = {"parked_key": names.parked_key(source.group, source.topic, key)}
    rows = collection.find(asked, {"size": 1}).sort("seq", ASCENDING).limit(PARKED_AT_ONCE + 1)
    return await rows.to_list(None)


async def _parked(collection: Collection, ids: Sequence[str]) -> list[ParkedRow]:
    """One that somebody has unparked meanwhile is missing: the write that wants to unpark it finds that out."""
    found = {each["_id"]: each for each in await by_ids(collection, ids)}
    return [documents.parked_row(found[id]) for id in ids if id in found]


async def fill_named(
    collection: Collection, moment: Moment, source: Source, keys: Sequence[str], ids: Sequence[str]
) -> None:
    keyed = [names.parked_key(source.group, source.topic, key) for key in keys]
    asked = {"parked_id": {"$in": ids}, "parked_key": {"$in": keyed}}
    rows = await collection.find(asked, {"key": 1, "seq": 1, "parked_id": 1}).sort("seq", ASCENDING).to_list(None)
    moment.named = [ParkedName(row["key"], row["seq"], row["parked_id"]) for row in rows]


async def fill_aside(collection: Collection, moment: Moment, source: Source, keys: Sequence[str]) -> None:
    """The first event of each key that waits. Most keys have none."""
    keyed = [names.aside_key(source, key) for key in keys]
    for name in await collection.distinct("aside_key", {"aside_key": {"$in": keyed}}):
        order = [("incarnation", ASCENDING), ("offset", ASCENDING)]
        first = await collection.find_one({"aside_key": name}, {"key": 1, "id": 1}, sort=order)
        if first is not None:
            moment.aside[first["key"]] = first["id"]
