"""A log of baskets as agents leave it: AddItem commands, what they led to, the view of it and what the inbox says.

Agents of the basket domain decide the commands, so headers, facts that were read and refusals are the product's own. One user
has sent a thousand of the commands.
"""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from infra.bench.replay.filling import Record, fill
from infra.bench.runtime.rebuild import agents_of
from infra.stack.stack import Stack
from replay.tools import Tools
from replay.topics.floors import lags, standings
from topics.contracts import basket_commands, basket_events, catalog_events
from topics.contracts.basket_commands import AddItem
from topics.contracts.catalog_events import MealAdded, MealDetails
from topics.messages import headers, ids
from topics.messages.message import Message
from topics.messages.topic import Topic

OF_ONE = 1_000
"""Commands of one user."""

ONE = ids.derive("one", "user")
"""The id of that user."""

_EACH = 10  # commands of every other user
_MEALS = 10
_SOLD_OUT = 9  # the number of the meal that nobody can have
_RESTAURANT = ids.derive("one", "restaurant")
_NOW = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
_WITHIN = 300.0  # seconds until agents have decided all
_READ = (catalog_events.TOPIC, basket_commands.TOPIC, basket_events.TOPIC)


async def decide_all(stack: Stack, tools: Tools, commands: int) -> None:
    """Returns when agents have decided and shown all of them, and have ended. commands: more than OF_ONE."""
    brokers, users = stack.endpoints.kafka, (commands - OF_ONE) // _EACH
    asked = [*((ONE, turn) for turn in range(OF_ONE)), *_turns(commands - OF_ONE, users)]
    await fill(brokers, map(_meal, range(_MEALS)))
    async with agents_of(stack, 1, "basket"):
        await _settled(tools, 0)  # they know the meals: a command waits only so long for what it asks for
        await fill(brokers, (_command(*each) for each in asked))
        await _settled(tools, sum(1 for _, turn in asked if turn % _MEALS != _SOLD_OUT))


def _turns(count: int, users: int) -> Iterator[tuple[str, int]]:
    """Of each command: its user, and how many commands of that user came before it. All users are there at the same time."""
    names = [ids.derive(str(number), "user") for number in range(users)]
    return ((names[number % users], number // users) for number in range(count))


async def _settled(tools: Tools, events: int) -> None:
    """Returns when so many events are in the log, and all three topics are read to their ends."""
    async with (
        tools.log() as log,
        tools.domains() as domains,
        tools.view_floors() as views,
        asyncio.timeout(_WITHIN),
    ):
        places = log.places(topic.name for topic in _READ)
        while True:
            bounds = await log.bounds(places)
            made = sum(bound.end for place, bound in bounds.items() if place.topic == basket_events.TOPIC.name)
            behind = lags(await standings(_READ, domains, views), bounds)
            lagging = [lag for groups in behind.values() for lag in groups.values()]
            if made >= events and behind.keys() == {topic.name for topic in _READ} and not any(lagging):
                return
            await asyncio.sleep(0.2)


def _meal(number: int) -> Record:
    details = MealDetails(name=f"Lahmacun {number}", price=9_550 + number, is_available=number != _SOLD_OUT)
    added = MealAdded(restaurant_id=_RESTAURANT, details=details, added_at=_NOW)
    return _record(catalog_events.TOPIC, _meal_id(number), added, {headers.SEQUENCE: "1"})


def _meal_id(number: int) -> str:
    return ids.derive(str(number), "meal")


def _command(user: str, turn: int) -> Record:
    """Each one changes the basket, but for the one of a meal that is sold out."""
    added = AddItem(meal_id=_meal_id(turn % _MEALS), quantity=1 + turn // _MEALS % 9, note="no onions")
    id = ids.derive(f"{user} {turn}", "command")
    return _record(basket_commands.TOPIC, user, added, {headers.ID: id, headers.OPERATION: id, headers.CALLER: user})


def _record(topic: Topic, key: str, message: Message, more: Mapping[str, str]) -> Record:
    named = {
        headers.ID: ids.derive(key, "event"), headers.SOURCE: "lezzet/bench", headers.SUBJECT: key,
        headers.TIME: _NOW.isoformat(), **headers.of_type(type(message)), **more,
    }  # fmt: skip
    return Record(topic.name, key.encode(), [(n, v.encode()) for n, v in named.items()], topic.encode(message))
